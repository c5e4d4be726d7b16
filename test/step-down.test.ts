/** Who may write the Lease asks its holder to hand over: by an annotation that names the term. */
import { expect, test } from 'vitest'
import { LeadershipLostError } from '../src/index.ts'
import { STEP_DOWN_ANNOTATION } from '../src/lease/record.ts'
import { INTERVAL, LEASE, LEASE_DURATION, TestCluster } from './support/cluster.ts'

/** As `kubernetes-leader-election step-down` does, but for the condition on the version. */
function ask({ server }: TestCluster, acquireTime?: string): void {
  const { metadata, spec } = server.leases.get(LEASE)!
  const term = acquireTime ?? (spec as { acquireTime: string }).acquireTime
  const annotations = { ...(metadata.annotations as object), [STEP_DOWN_ANNOTATION]: term }
  server.leases.put({ metadata: { ...metadata, annotations }, spec })
}

const annotation = ({ server }: TestCluster) =>
  (server.leases.get(LEASE)?.metadata.annotations as Record<string, string> | undefined)?.[STEP_DOWN_ANNOTATION]

test('the leader that is asked lets its work end, gives the Lease back and rests: another one leads', async () => {
  await using cluster = await TestCluster.start()
  const work = Promise.withResolvers<void>()
  const a = cluster.candidate('a')
  let aborted: AbortSignal | undefined
  const result = a.election.lead(({ signal }) => {
    aborted = signal
    return work.promise
  })
  result.catch(() => {}) // it stands again until the cluster ends
  await cluster.until(() => a.election.isLeading())
  const b = await cluster.follower('b')
  ask(cluster)
  await cluster.until(() => aborted!.aborted)
  await cluster.elapse(2 * INTERVAL)
  expect(a.election.isLeading()).toBe(true) // the work goes on, and so do the renewals
  work.resolve()
  await cluster.until(() => b.election.isLeading(), 1_000)
  expect(a.events.map(({ type }) => type)).toContain('released')
  expect(annotation(cluster)).toBeUndefined()
})

test('without a watch it is found with the next renewal', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ from: 'a', verb: 'watch', status: 403 })
  const a = await cluster.leader('a')
  ask(cluster)
  await cluster.until(() => !a.election.isLeading(), 2 * INTERVAL)
  expect(a.events.map(({ type }) => type)).toContain('released')
  expect(annotation(cluster)).toBeUndefined()
})

test('a request that names another term is not for this one', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  ask(cluster, '2026-11-22T14:03:00.123456Z')
  await cluster.elapse(LEASE_DURATION)
  expect(a.work.terms).toHaveLength(1)
  expect(a.election.isLeading()).toBe(true)
})

test('it is asked once: alone, the candidate leads again after its rest, and stays', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  ask(cluster)
  await cluster.until(() => !a.election.isLeading())
  await cluster.until(() => a.election.isLeading(), 2 * INTERVAL)
  await cluster.elapse(2 * LEASE_DURATION)
  expect(a.work.terms).toHaveLength(2)
})

test('a leader for life gives the Lease back, too, and has lost its leadership: its process ends', async () => {
  await using cluster = await TestCluster.start()
  const a = cluster.candidate('a')
  const leading = a.election.becomeLeaderForLife()
  await cluster.until(() => a.election.isLeading())
  const { signal } = await leading
  const lost = a.election.lost.catch((error: unknown) => error)
  const b = cluster.candidate('b')
  void b.election.becomeLeaderForLife()
  await cluster.until(() => b.election.leader === 'a')
  ask(cluster)
  await cluster.until(() => b.election.isLeading(), 1_000)
  expect(signal.reason).toBeInstanceOf(LeadershipLostError)
  expect(await lost).toMatchObject({
    name: 'LeadershipLostError',
    reason: { kind: 'askedToStepDown' },
    message: expect.stringContaining('it was asked to step down, and gave the Lease back'),
  })
})
