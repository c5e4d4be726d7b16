/** With real processes: what can't be shown with a clock that the test moves. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../src/testing/index.ts'
import { podEnvironment } from './support/environment.ts'

const CANDIDATE = fileURLToPath(new URL('processes/candidate.ts', import.meta.url))

test('a process that was stopped past its term says at its first call that it does not lead', async () => {
  await using server = await startLeaseServer()
  const { process, lines } = await start(server, 'asks without a pause')
  expect(await next(lines)).toBe('leading')
  process.kill('SIGSTOP')
  // While it is stopped, somebody else takes the lease over by the rules: after its duration.
  await expiry(server)
  process.kill('SIGCONT')
  expect(await next(lines)).toBe('woke after more than a lease: false')
})

test('after stop the process ends by itself: no handle, timer, listener or socket keeps it', async () => {
  await using server = await startLeaseServer({ tls: true })
  const { process, lines, exit } = await start(server, 'stops and ends by itself')
  expect(await next(lines)).toBe('leading')
  process.kill('SIGTERM')
  expect(await exit).toEqual({ code: 0, errors: '' })
  expect(server.leases.get('my-app')).toBeUndefined()
})

test('after its work the process ends by itself', async () => {
  await using server = await startLeaseServer()
  const { lines, exit } = await start(server, 'works once')
  expect(await next(lines)).toMatch(/^worked with \d+$/)
  expect(await exit).toEqual({ code: 0, errors: '' })
})

test('a leadership for life that is lost, and not handled, ends the process with an error that says why', async () => {
  await using server = await startLeaseServer()
  const { lines, exit } = await start(server, 'handles nothing')
  expect(await next(lines)).toBe('leading')
  server.leases.delete('my-app')
  const { code, errors } = await exit
  expect(code).toBe(1)
  expect(errors).toContain('LeadershipLostError: leadership of my-app lost: the Lease was deleted')
})

async function start(server: LeaseServer, mode: string) {
  const { env, cleanUp } = await podEnvironment(server, 'a', 'my-app')
  const child: ChildProcess = spawn(process.execPath, [CANDIDATE, mode], { env: { ...process.env, ...env } })
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const exit = once(child, 'close').then(([code]) => ({ code, errors }))
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exit
    await cleanUp()
  })
  return { process: child, lines, exit }
}

async function next(lines: AsyncIterator<string>): Promise<string | undefined> {
  return (await lines.next()).value
}

/** The lease has expired when a challenger with the same view of it could have taken it: its duration without a change. */
async function expiry(server: LeaseServer): Promise<void> {
  const { leaseDurationSeconds } = server.leases.get('my-app')!.spec as { leaseDurationSeconds: number }
  await new Promise((resolve) => setTimeout(resolve, leaseDurationSeconds * 1000 + 200))
}
