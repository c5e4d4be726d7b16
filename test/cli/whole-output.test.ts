/** What is written to a file is written whole, or the exit code says that it was not. */
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runInto } from '../support/command.ts'
import { LEASE, outside, serve } from '../support/command-surroundings.ts'
import { heldBy } from '../support/run.ts'

/** Where each write fails, as on a disk that is full. */
const FULL = '/dev/full'

test
  .runIf(existsSync(FULL))
  .each([
    [['manifests', LEASE]],
    [['manifests', '--help']],
    [['status', LEASE]],
    [['status', LEASE, '--json']],
    [['status', LEASE, '--json', '--watch']],
    [['doctor', LEASE]],
    [['step-down', LEASE, '--json', '--timeout', '1ms']],
    [['elect', LEASE, '--json', '--renewable']],
  ])('on a full disk %j ends with 3, and says so once', async (args) => {
  const server = await serve()
  if (args[0] !== 'elect') heldBy(server, 'web-1')
  const { code, stderr } = await runInto(FULL, args, await outside(server))
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: ["the standard output can't be written: ENOSPC: no space left on device, write"],
  })
})
