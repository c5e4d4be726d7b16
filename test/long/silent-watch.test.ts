/** A follower sends nothing while its watch stands: it has to find by itself that the connection is dead. */
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { LeaderElection } from '../../src/index.ts'
import { Front } from '../support/front.ts'

/** Milliseconds: quiet for 10 s, 3 s for the answer to a PING, and looks at either, in seconds. */
const FOUND_WITHIN = 18_000

test('a watch whose connection carries nothing any more is found within seconds, and opened again', async () => {
  await using front = await Front.start({ version: 'HTTP/2' })
  const election = (identity: string) => {
    const each = new LeaderElection('silent', {
      identity,
      namespace: 'default',
      kubeConfig: front.kubeConfig(identity),
    })
    onTestFinished(() => each.stop())
    return each
  }
  const leader = election('leader')
  void leader.lead(({ signal }) => once(signal, 'abort')).catch(() => {})
  await expect.poll(() => leader.isLeading()).toBe(true)

  const follower = election('follower')
  const [interrupted, known] = [Promise.withResolvers<unknown>(), Promise.withResolvers<void>()]
  follower.on('watchInterrupted', ({ error }) => interrupted.resolve(error))
  follower.on('newLeader', () => known.resolve())
  void follower.lead(() => {}).catch(() => {})
  await known.promise
  await expect.poll(() => front.server.openWatches).toBe(2)

  const before = front.connections
  front.freeze()
  const from = performance.now()
  expect(String(await interrupted.promise)).toContain('no answer to a PING within 3000 ms')
  expect(performance.now() - from).toBeLessThan(FOUND_WITHIN)
  await expect.poll(() => front.connections, { timeout: 5_000 }).toBeGreaterThan(before)
}, 60_000)
