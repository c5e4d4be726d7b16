/** How other implementations fail (see the table in the design notes): each failure is a test that names it. */
import { expect, test } from 'vitest'
import { INTERVAL, LEASE_DURATION, RENEW_DEADLINE, TestCluster, WITHOUT_PHASE } from './support/cluster.ts'
import { ManualClock } from './support/manual-clock.ts'
import { settled } from './support/traffic.ts'

test('leader killed: a follower takes over when the lease has expired, however long that takes', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  a.clock.pause() // a killed process: it neither renews nor releases
  const elapsed = await cluster.until(() => b.work.terms.length === 1)
  expect(elapsed).toBeGreaterThanOrEqual(LEASE_DURATION - INTERVAL)
  expect(elapsed).toBeLessThanOrEqual(LEASE_DURATION + 60)
  expect(cluster.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 })
})

test('leader stopped gracefully: a follower takes over at once, without waiting for the lease', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await Promise.all([a.election.stop(), cluster.until(() => b.work.terms.length === 1, 100)])
  expect(cluster.leaders).toEqual(['b'])
})

test('one renewal answers 500: it is retried, and the leadership goes on', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', WITHOUT_PHASE)
  const fault = cluster.server.faults.add({ from: 'a', verb: 'patch', status: 500, times: 1 })
  await cluster.elapse(INTERVAL + 500)
  expect(fault.hits).toBe(1)
  expect(a.events.filter(({ type }) => type === 'renewed')).toHaveLength(1)
  expect(a.work.terms).toHaveLength(1)
  expect(a.work.terms[0]!.isLeading()).toBe(true)
})

test('a renewal hangs: the old leader stops believing before another can acquire', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.faults.add({ from: 'a', hang: true })
  await cluster.until(() => !a.election.isLeading())
  expect(b.election.isLeading()).toBe(false)
  expect(a.events).toContainEqual(
    expect.objectContaining({ type: 'lost', reason: expect.objectContaining({ kind: 'deadline' }) }),
  )
  await cluster.until(() => b.election.isLeading())
  expect(cluster.leaders).toEqual(['b'])
})

test('the watch goes silent: renewal goes on, and followers still take over by their own clock', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.faults.add({ verb: 'watch', silence: true })
  await cluster.elapse(3 * LEASE_DURATION)
  expect(cluster.leaders).toEqual(['a'])
  a.clock.pause()
  await cluster.until(() => b.election.isLeading(), LEASE_DURATION + INTERVAL + 60)
})

test('the process is paused past its term: it says that it does not lead before any timer has fired', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.faults.add({ from: 'a', verb: 'watch', silence: true }) // a paused process reads nothing either
  a.clock.pause()
  await cluster.until(() => b.election.isLeading())
  a.clock.resume() // it runs again, and no timer has fired yet
  expect(a.work.terms[0]!.isLeading()).toBe(false)
  expect(a.election.isLeading()).toBe(false)
  expect(a.work.terms[0]!.signal.aborted).toBe(false)
  await cluster.until(() => a.work.terms[0]!.signal.aborted, 1)
})

test("a challenger's clock runs 10 s ahead: it does not steal a live lease", async () => {
  await using cluster = await TestCluster.start()
  const ahead = new ManualClock()
  ahead.stepWall(10_000)
  await cluster.leader('a')
  const b = await cluster.follower('b', { clock: ahead })
  await cluster.elapse(2 * LEASE_DURATION)
  expect(cluster.leaders).toEqual(['a'])
  expect(b.work.terms).toHaveLength(0)
})

test("a stale lease is not deleted without precondition: the new leader's lease survives the old one's release", async () => {
  await using cluster = await TestCluster.start()
  const a = cluster.candidate('a')
  const b = cluster.candidate('b')
  void a.election.becomeLeaderForLife()
  await cluster.until(() => a.election.isLeading())
  a.election.lost.catch(() => {})
  // The watch tells a nothing, so that it still believes when it releases.
  cluster.server.faults.add({ from: 'a', verb: 'watch', silence: true })
  cluster.server.deletePod('a')
  await settled()
  void b.election.becomeLeaderForLife()
  await cluster.until(() => cluster.spec?.holderIdentity === 'b', 1_000)
  await Promise.all([a.election.stop(), cluster.elapse(1_000)])
  expect(cluster.spec?.holderIdentity).toBe('b')
  const deletions = cluster.server.requests.filter(({ verb }) => verb === 'delete')
  for (const { body } of deletions) {
    expect(body).toMatchObject({ preconditions: { uid: expect.any(String), resourceVersion: expect.any(String) } })
  }
})

test('a stale leader does not renew the lease of the new leader: its patch carries uid and resourceVersion', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b', WITHOUT_PHASE)
  cluster.server.faults.add({ from: 'a', verb: 'watch', silence: true })
  a.clock.pause()
  await cluster.until(() => b.election.isLeading())
  const renewed = cluster.spec?.renewTime
  a.clock.resume()
  await cluster.elapse(500)
  expect(cluster.spec).toMatchObject({ holderIdentity: 'b', renewTime: renewed })
  for (const { body } of cluster.server.requests.filter(({ verb }) => verb === 'patch')) {
    expect(body).toMatchObject({ metadata: { uid: expect.any(String), resourceVersion: expect.any(String) } })
  }
})

test('release after the term has passed to another: a fresh read does not make it blank the new lease', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  cluster.server.faults.add({ from: 'a', verb: 'watch', silence: true })
  const taken = cluster.lease!
  cluster.server.leases.put({ ...taken, spec: { ...(taken.spec as object), holderIdentity: 'b', leaseTransitions: 1 } })
  await Promise.all([a.election.stop(), cluster.elapse(1_000)])
  expect(cluster.spec?.holderIdentity).toBe('b')
})

test('a pod recreated under the same name: it waits for the collection instead of adopting the lease', async () => {
  await using cluster = await TestCluster.start()
  const first = cluster.candidate('a')
  void first.election.becomeLeaderForLife()
  first.election.lost.catch(() => {})
  await cluster.until(() => first.election.isLeading())
  const { uid } = cluster.lease!.metadata
  // The old pod is gone, its Lease not yet collected: the new one sees its own name in it.
  const recreated = cluster.candidate('a', {
    owner: { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: '00000000-0000-4000-8000-000000000002' },
  })
  void recreated.election.becomeLeaderForLife().catch(() => {})
  await cluster.elapse(1_000)
  expect(recreated.election.isLeading()).toBe(false)
  expect(cluster.lease!.metadata.uid).toBe(uid)
  expect(cluster.server.requests.filter(({ verb }) => verb === 'create')).toHaveLength(1)
})

test('release before the work has stopped: the lease is held, and renewed, until it has', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const work = Promise.withResolvers<string>()
  const result = election.lead(() => work.promise)
  await cluster.until(() => election.isLeading())
  const stopped = election.stop()
  await cluster.elapse(3 * INTERVAL)
  expect(cluster.spec?.holderIdentity).toBe('a')
  expect(election.isLeading()).toBe(true)
  work.resolve('finished')
  await Promise.all([stopped, cluster.elapse(100)])
  expect(await result).toBe('finished')
  expect(cluster.spec?.holderIdentity).toBe('')
})

test('release while a renewal is in flight: it awaits the renewal, and the lease is released', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', WITHOUT_PHASE)
  cluster.server.faults.add({ from: 'a', verb: 'patch', delayAfterCommit: 100, times: 1 })
  a.clock.advance(INTERVAL) // the renewal is sent, and committed, and not yet answered
  await a.election.stop()
  expect(cluster.spec?.holderIdentity).toBe('')
  expect(cluster.server.requests.filter(({ verb, status }) => verb === 'patch' && status === 409)).toHaveLength(0)
})

test('release answers 409: it looks again, and releases what is still its own', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  cluster.server.faults.add({ from: 'a', verb: 'watch', silence: true })
  const lease = cluster.lease!
  cluster.server.leases.put({ ...lease, metadata: { ...lease.metadata, labels: { edited: 'by-hand' } } })
  await Promise.all([a.election.stop(), cluster.elapse(1_000)])
  expect(cluster.spec?.holderIdentity).toBe('')
})

test("different durations among candidates: the record's own duration counts, so the shorter does not steal", async () => {
  await using cluster = await TestCluster.start()
  const long = await cluster.leader('long', { interval: 20_000, leaseDuration: 60_000, renewDeadline: 40_000 })
  const short = await cluster.follower('short', { interval: 500, leaseDuration: 2_000, renewDeadline: 1_500 })
  await cluster.elapse(120_000)
  expect(cluster.leaders).toEqual(['long'])
  long.clock.pause()
  const elapsed = await cluster.until(() => short.election.isLeading(), 61_000)
  expect(elapsed).toBeGreaterThan(40_000 - 1)
})

test('service-account token rotates: a refused token is read anew, and the leadership goes on', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', { kubeConfig: () => cluster.server.kubeConfig('a') })
  cluster.server.rotateToken('a')
  await cluster.elapse(2 * INTERVAL)
  expect(a.events.filter(({ type }) => type === 'renewed').length).toBeGreaterThanOrEqual(1)
  expect(a.work.terms).toHaveLength(1)
  expect(cluster.leaders).toEqual(['a'])
})

test('RBAC missing: it is told at once, and final after the start, and the error names the rule to add', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.rbac.apply(`
    { kind: Role, metadata: { name: reader }, rules: [{ apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, watch] }] }
---
    { kind: RoleBinding, metadata: { name: reader }, roleRef: { kind: Role, name: reader }, subjects: [{ kind: User, name: a }] }`)
  const { election, log } = cluster.candidate('a', { startTimeout: 5_000 })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(100)
  expect(log.join()).toContain('cannot create resource "leases"')
  await cluster.elapse(15_000)
  const { message } = (await failure) as Error
  expect(message).toContain(
    'create lease default/my-app: 403: leases.coordination.k8s.io is forbidden: User "a" cannot create resource "leases" ' +
      'in API group "coordination.k8s.io" in the namespace "default"',
  )
  expect(message).toContain('{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] }')
})

test('SIGTERM handler installed by the library: it installs none', async () => {
  await using cluster = await TestCluster.start()
  const before = process.eventNames().filter((name) => String(name).startsWith('SIG'))
  await cluster.leader('a')
  expect(process.eventNames().filter((name) => String(name).startsWith('SIG'))).toEqual(before)
})

test('R measured from the response: a renewal answered late does not extend the term beyond its sending', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', WITHOUT_PHASE)
  const ledSince = a.clock.now().monotonic
  cluster.server.faults.add({ from: 'a', verb: 'patch', delayAfterCommit: 100, times: 1 })
  a.clock.advance(INTERVAL)
  const sentAt = a.clock.now().monotonic
  await expect.poll(() => cluster.server.requests.filter(({ verb }) => verb === 'patch')).toHaveLength(1)
  a.clock.advance(2_000) // the answer is under way for two seconds
  await new Promise<void>((resolve) => void a.election.on('renewed', () => resolve()))
  cluster.server.faults.add({ from: 'a', verb: ['patch', 'get'], hang: true })
  await cluster.until(() => !a.election.isLeading())
  expect(a.clock.now().monotonic - sentAt).toBeLessThanOrEqual(RENEW_DEADLINE)
  expect(a.clock.now().monotonic - ledSince).toBeGreaterThan(RENEW_DEADLINE)
})
