/** However an election ends: its work is told, its promises settle, and nothing stays open. */
import { expect, test } from 'vitest'
import type { InspectionEvent } from 'xstate'
import type { ElectionActor } from '../src/election-machine.ts'
import { DuplicateIdentityError, ElectionStoppedError, LeadershipLostError, unlessStopped } from '../src/index.ts'
import { INTERVAL, LEASE, RENEW_DEADLINE, TestCluster } from './support/cluster.ts'
import { settled } from './support/traffic.ts'
import { collectUncaught } from './support/uncaught.ts'

test.each(['@xstate.actor', '@xstate.event', '@xstate.action', '@xstate.microstep', '@xstate.snapshot'] as const)(
  'an inspector that throws at each %s is an uncaught exception of its own; the election goes on',
  async (type) => {
    await using cluster = await TestCluster.start()
    using uncaught = collectUncaught()
    const error = new Error('the inspector is broken')
    const inspect = (event: InspectionEvent) => {
      if (event.type === type) throw error
    }
    const a = await cluster.leader('a', { inspect })
    await cluster.elapse(3 * INTERVAL)
    expect(a.election.isLeading()).toBe(true)
    expect(a.work.terms[0]!.signal.aborted).toBe(false)
    await Promise.all([a.election.stop(), cluster.elapse(100)])
    expect(await a.result).toBe('done')
    expect(cluster.spec?.holderIdentity).toBe('')
    await expectNothingOpen(cluster)
    expect(new Set(uncaught.errors)).toEqual(new Set([error]))
  },
)

test('an actor that is stopped from outside tells the work, settles what was awaited, and leaves the Lease to expire', async () => {
  await using cluster = await TestCluster.start()
  let actor: ElectionActor | undefined
  const inspect = ({ rootId, actorRef }: InspectionEvent) => {
    if (rootId === actorRef.sessionId) actor = actorRef as never
  }
  const a = await cluster.leader('a', { inspect })
  const { signal, isLeading } = a.work.terms[0]!
  actor!.stop()
  expect(signal.aborted).toBe(true)
  expect(isLeading()).toBe(false)
  await expect(a.result).rejects.toThrow(ElectionStoppedError)
  await a.election.stop()
  await expectNothingOpen(cluster)
  expect(cluster.spec?.holderIdentity).toBe('a')
})

test('so does one for life', async () => {
  await using cluster = await TestCluster.start()
  let actor: ElectionActor | undefined
  const inspect = ({ rootId, actorRef }: InspectionEvent) => {
    if (rootId === actorRef.sessionId) actor = actorRef as never
  }
  const { election } = cluster.candidate('a', { inspect })
  const leading = election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  const { signal } = await leading
  actor!.stop()
  await settled()
  expect(signal.reason).toBeInstanceOf(ElectionStoppedError)
  await expectNothingOpen(cluster)
})

test('an error inside aborts the work with it, rejects what was awaited, and closes what was open', async () => {
  await using cluster = await TestCluster.start()
  const error = new Error('there is no more chance')
  let isBroken = false
  const random = () => {
    if (isBroken) throw error
    return 0.5
  }
  const a = await cluster.leader('a', { random })
  a.result.catch(() => {})
  isBroken = true
  cluster.server.faults.add({ from: 'a', verb: 'patch', status: 503 })
  await cluster.elapse(INTERVAL)
  expect(a.work.terms[0]!.signal.reason).toBe(error)
  await expect(a.result).rejects.toBe(error)
  await a.election.stop()
  await expectNothingOpen(cluster)
})

test('each loss of a leadership for life is told', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const losses: Promise<unknown>[] = []
  for (let term = 0; term < 3; term += 1) {
    const leading = election.becomeLeaderForLife()
    const loss = election.lost.catch((error: unknown) => error)
    losses.push(loss)
    await cluster.until(() => election.isLeading())
    await leading
    cluster.server.leases.delete(LEASE)
    expect(await loss).toBeInstanceOf(LeadershipLostError)
  }
  expect(new Set(await Promise.all(losses)).size).toBe(3)
})

test('what was stopped while it waited to lead is told apart from what went wrong', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('a')
  const waiting = async (options: { signal?: AbortSignal } = {}) => {
    const { election } = cluster.candidate('b', options)
    const leadership = election.becomeLeaderForLife().catch(unlessStopped)
    await cluster.until(() => election.leader === 'a')
    return { election, leadership }
  }
  const b = await waiting()
  await b.election.stop()
  expect(await b.leadership).toBeUndefined()
  const controller = new AbortController()
  const c = await waiting({ signal: controller.signal })
  controller.abort()
  expect(await c.leadership).toBeUndefined()
  const { election } = cluster.candidate('d', { owner: undefined })
  await expect(election.becomeLeaderForLife().catch(unlessStopped)).rejects.toThrow('POD_NAME and POD_UID not set')
})

test('stepDown does not wait for ever for work that ignores its signal', async () => {
  await using cluster = await TestCluster.start()
  const { election, events } = cluster.candidate('a', { drainTimeout: 5_000 })
  const stuck = Promise.withResolvers<void>()
  const result = election.lead(() => stuck.promise)
  result.catch(() => {})
  await cluster.until(() => election.isLeading())
  let isOver = false
  const stepDown = election.stepDown().then(() => {
    isOver = true
  })
  await cluster.elapse(4_900)
  expect(isOver).toBe(false)
  await cluster.elapse(200)
  expect(isOver).toBe(true)
  await stepDown
  expect(events.at(-1)).toMatchObject({ type: 'lost', reason: { kind: 'workDidNotStop' } })
  expect(cluster.spec?.holderIdentity).toBe('a') // it is left to expire
  stuck.resolve()
  await cluster.until(() => !election.isLeading() && events.filter(({ type }) => type === 'leading').length === 2)
})

test('a copy of a leader that renews beside it ends the one that sees it, with an error that says so', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const failure = a.result.catch((error: unknown) => error)
  // As its copy would: by what both know.
  const { metadata } = cluster.lease!
  const spec = cluster.spec!
  const renewTime = new Date(Date.parse(spec.renewTime!) + 1_000).toISOString()
  cluster.server.leases.put({ metadata, spec: { ...spec, renewTime: renewTime.replace('Z', '000Z') } })
  await cluster.until(() => a.work.terms[0]!.signal.aborted, RENEW_DEADLINE)
  expect(await failure).toBeInstanceOf(DuplicateIdentityError)
  expect(((await failure) as Error).message).toContain('a copy of this process holds the Lease')
  expect(cluster.spec?.holderIdentity).toBe('a')
})

async function expectNothingOpen({ server }: TestCluster): Promise<void> {
  await expect.poll(() => [server.openWatches, server.openConnections]).toEqual([0, 0])
}
