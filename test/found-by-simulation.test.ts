/** What the simulation found in our own code: each in the shortest sequence that shows it, over real HTTP. */
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { createElectionMachine } from '../src/index.ts'
import { observe, UNREAD } from '../src/lease/observation.ts'
import { parseLease } from '../src/lease/record.ts'
import { resolveSettings } from '../src/options/options.ts'
import { INTERVAL, LEASE, LEASE_DURATION, RENEW_DEADLINE, TestCluster, worker } from './support/cluster.ts'
import { ManualClock } from './support/manual-clock.ts'
import { settled } from './support/traffic.ts'

test('a stop while the fate of a renewal is unclear looks what became of it before it releases', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  cluster.server.faults.add({ from: 'a', verb: 'patch', status: 500, times: 1 })
  await cluster.until(() => a.events.some(({ type }) => type === 'retrying'))
  const before = cluster.server.requests.length
  await Promise.all([a.election.stop(), settled()])
  expect(cluster.server.requests.slice(before).map(({ verb }) => verb)).toEqual(['get', 'patch'])
  expect(cluster.spec?.holderIdentity).toBe('')
})

test('who was seen to take over while one’s own reads failed is waited for, should the Lease be gone', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  // From the beginning: who follows would not read while its watch stands.
  const outage = cluster.server.faults.add({ from: 'b', verb: 'get', status: 503 })
  const b = await cluster.follower('b')
  await cluster.elapse(4 * INTERVAL)
  await Promise.all([a.election.stop(), settled()])
  const c = await cluster.leader('c')
  cluster.server.faults.partition('c')
  cluster.server.leases.delete(LEASE)
  outage.remove()
  await cluster.until(() => !c.election.isLeading())
  expect(b.work.terms).toEqual([])
  await cluster.until(() => b.election.isLeading(), LEASE_DURATION)
})

test('an absent Lease is free only a lease after its absence was seen: its leader may have renewed unheard', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', { renewDeadline: 14_000 })
  const b = await cluster.follower('b', { interval: 6_000 })
  cluster.server.faults.add({ from: 'b', verb: 'watch', silence: true })
  await cluster.elapse(2 * INTERVAL) // it renews twice, which b does not hear
  cluster.server.faults.partition('a')
  cluster.server.leases.delete(LEASE)
  await cluster.until(() => !a.election.isLeading())
  expect(b.work.terms).toEqual([])
  await cluster.until(() => b.election.isLeading(), LEASE_DURATION)
})

test('a leader whose pod is gone does not create its Lease again and again, for the garbage collector to remove', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.deletePod('a')
  await cluster.until(() => b.election.isLeading(), LEASE_DURATION + 100)
  expect(a.work.terms).toHaveLength(1)
  expect(cluster.server.requests.filter(({ verb }) => verb === 'create')).toHaveLength(2)
})

test('a claim that succeeds because another one’s Lease was deleted meanwhile begins no term before that one has ended', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ from: 'b', verb: 'create', delay: 800, times: 1 })
  const b = cluster.candidate('b', { requestTimeout: 2_500 })
  const work = worker()
  b.election.lead(work.run).catch(() => {})
  await cluster.until(() => cluster.server.requests.some(({ verb }) => verb === 'create'))
  const a = await cluster.leader('a')
  await expect.poll(() => b.election.leader).toBe('a')
  cluster.server.faults.partition('a')
  cluster.server.leases.delete(LEASE)
  await expect.poll(() => cluster.spec?.holderIdentity).toBe('b')
  await cluster.until(() => !a.election.isLeading())
  expect(work.terms).toEqual([])
  await cluster.until(() => b.election.isLeading(), LEASE_DURATION)
})

test('news from before the Lease was seen gone is old, though a lagging watch tells it only now', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const released = { ...parseLease(cluster.lease)!, holder: undefined }
  const clock = new ManualClock()
  const { kubeConfig, ...pod } = cluster.server.pod('b')
  const input = { leaseName: LEASE, preset: 'client-go', term: 'renewable', ...pod } as const
  const b = createActor(createElectionMachine({ kubeConfig, clock }), { input, clock }).start()
  await cluster.elapse(2 * INTERVAL)
  cluster.server.faults.partition('a')
  cluster.server.leases.delete(LEASE)
  await settled()
  expect(b.getSnapshot().context.observation.kind).toBe('absent')
  b.send({ type: 'leaseChanged', record: released, at: clock.now() })
  for (let turn = 0; turn < 5; turn += 1) {
    clock.advance(100)
    await settled()
  }
  expect(a.election.isLeading()).toBe(true)
  expect(cluster.lease).toBeUndefined()
  b.send({ type: 'stop' })
})

test('a Lease that was seen released, and then gone, is free at once', () => {
  const settings = resolveSettings({ leaseName: LEASE, term: 'renewable', identity: 'b' })
  const at = { monotonic: 5_000, wall: 0 }
  const spec = (holderIdentity: string) => ({ metadata: { uid: 'u', resourceVersion: '1' }, spec: { holderIdentity } })
  const seen = (holder: string) => observe(UNREAD, parseLease(spec(holder)), at, settings)
  expect(observe(seen(''), undefined, at, settings).claimableAt).toBe(Number.NEGATIVE_INFINITY)
  // Held by somebody, and without a duration of its own: one's own counts.
  expect(observe(seen('a'), undefined, at, settings).claimableAt).toBe(5_000 + settings.leaseDuration)
})

test('a record without a time of renewal counts as renewed with each new version: its times may have been wiped twice', () => {
  const settings = resolveSettings({ leaseName: LEASE, term: 'renewable', identity: 'b' })
  const wiped = (resourceVersion: string) =>
    parseLease({ metadata: { uid: 'u', resourceVersion }, spec: { holderIdentity: 'a', leaseDurationSeconds: 15 } })
  const at = (monotonic: number) => ({ monotonic, wall: 0 })
  const first = observe(UNREAD, wiped('1'), at(0), settings)
  expect(observe(first, wiped('1'), at(5_000), settings)).toMatchObject({ claimableAt: 15_000 })
  expect(observe(first, wiped('3'), at(5_000), settings)).toMatchObject({ claimableAt: 20_000 })
})

test('who may not give the Lease an owner stands without one, however late it learns that', async () => {
  await using cluster = await TestCluster.start()
  const message = "cannot set an ownerRef on a resource you can't delete: , <nil>"
  cluster.server.faults.add({ from: 'a', verb: 'create', status: 403, message, times: 1 })
  const a = await cluster.leader('a', { startTimeout: 0 })
  expect(a.events.map(({ type }) => type)).toContain('ownerRefused')
  expect(cluster.lease?.metadata?.ownerReferences).toBeUndefined()
})

test('who may not give the Lease an owner does not take it from another one who claimed it meanwhile', async () => {
  await using cluster = await TestCluster.start()
  const message = "cannot set an ownerRef on a resource you can't delete: , <nil>"
  cluster.server.faults.add({ from: 'b', verb: 'create', status: 403, message, delay: 800, times: 1 })
  const b = cluster.candidate('b', { requestTimeout: 2_500 })
  const work = worker()
  b.election.lead(work.run).catch(() => {})
  await cluster.until(() => cluster.server.requests.some(({ verb }) => verb === 'create'))
  const a = await cluster.leader('a')
  await expect.poll(() => b.election.leader).toBe('a')
  await expect.poll(() => b.events.map(({ type }) => type)).toContain('ownerRefused')
  await cluster.elapse(2 * INTERVAL)
  expect(work.terms).toEqual([])
  expect(a.election.isLeading()).toBe(true)
})

test('who was suspended while its claim was on its way begins no term with it: another one may have led since', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ from: 'a', verb: 'create', delay: 300, times: 1 })
  const a = cluster.candidate('a')
  const work = worker()
  a.election.lead(work.run).catch(() => {})
  await cluster.until(() => cluster.server.requests.some(({ verb }) => verb === 'create'))
  a.clock.stepWall(RENEW_DEADLINE)
  await expect.poll(() => cluster.spec?.holderIdentity).toBe('a')
  await settled()
  await cluster.until(() => work.terms.length > 0)
  expect(cluster.server.requests.map(({ verb }) => verb).filter((verb) => verb !== 'watch')).toEqual([
    'get',
    'create',
    'get',
    'patch',
  ])
  expect(work.terms[0]!.fencingToken).toBe(BigInt(cluster.lease!.metadata!.resourceVersion!))
})
