/** Sequences that an adversarial review found to go wrong: each is told in its name, and must not come back. */
import { expect, test } from 'vitest'
import { LeadershipLostError } from '../src/index.ts'
import { ApiClient } from '../src/kubernetes/api-client.ts'
import { INTERVAL, LEASE, LEASE_DURATION, TestCluster, worker } from './support/cluster.ts'
import { settled } from './support/traffic.ts'

test('news that arrives while a claim is in flight is not lost: the new leader looks at once whether it still is', async () => {
  await using cluster = await TestCluster.start()
  const a = cluster.candidate('a', { preset: 'default' })
  a.election.lost.catch(() => {})
  cluster.server.faults.add({ from: 'a', verb: 'create', delayAfterCommit: 150, times: 1 })
  void a.election.becomeLeaderForLife().catch(() => {})
  await cluster.until(() => cluster.lease)
  cluster.server.leases.delete(LEASE)
  const b = cluster.candidate('b')
  void b.election.becomeLeaderForLife()
  await cluster.until(() => b.election.isLeading())
  await expect.poll(() => a.events.map(({ type }) => type)).toContain('leading')
  await settled()
  expect(cluster.leaders).toEqual(['b'])
})

test('news that arrives while a read is in flight is not lost: a release is noticed at once', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.faults.add({ from: 'b', verb: 'get', delayAfterCommit: 150, times: 1 })
  await cluster.elapse(INTERVAL) // its poll is on its way, and will be answered with what is then old
  await Promise.all([a.election.stop(), cluster.elapse(10)])
  await cluster.until(() => b.election.isLeading(), 500)
})

test('for life too, the signal aborts before the lease is given back', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const leading = election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  const { signal } = await leading
  cluster.server.faults.add({ from: 'a', verb: 'delete', drop: 'response', times: 1 })
  const stopped = election.stop()
  expect(signal.aborted).toBe(true)
  await Promise.all([stopped, cluster.elapse(10_000)])
  expect(cluster.lease).toBeUndefined()
})

test('a stepDown after a stop does not undo the stop', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const work = Promise.withResolvers<string>()
  const result = election.lead(() => work.promise)
  await cluster.until(() => election.isLeading())
  cluster.server.leases.delete(LEASE)
  await settled()
  const stopped = election.stop()
  void election.stepDown({ cooldown: 10 })
  work.resolve('done')
  await Promise.all([stopped, cluster.elapse(1_000)])
  expect(await result).toBe('done')
  await cluster.elapse(LEASE_DURATION)
  expect(cluster.lease).toBeUndefined()
})

test('a pod of the same name and another uid is another candidate: seen to renew, it is followed; taking over, it is named', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('web-0')
  const recreated = { apiVersion: 'v1', kind: 'Pod', name: 'web-0', uid: 'another' }
  const b = await cluster.follower('web-0', { owner: recreated })
  await cluster.elapse(3 * INTERVAL)
  expect([a.election.isLeading(), b.election.isLeading()]).toEqual([true, false])
  expect(b.events.map(({ type }) => type)).not.toContain('failed')
  const lease = cluster.lease!
  const takenOver = { ...lease.metadata, ownerReferences: [recreated], annotations: {} }
  cluster.server.leases.put({ ...lease, metadata: takenOver })
  await settled()
  expect(a.events.find(({ type }) => type === 'lost')).toMatchObject({ reason: { kind: 'takenOver', by: 'web-0' } })
})

test('claims that are refused with 409 again and again are retried with back-off, and exhaust one that is to end then', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'create', status: 409 })
  const { election } = cluster.candidate('a', { claimJitter: 0, endAfterRetries: true })
  const failure = election.becomeLeaderForLife().catch((error: unknown) => error)
  await cluster.elapse(20_000)
  expect(await failure).toMatchObject({ name: 'RetriesExhaustedError' })
  expect(cluster.server.requests.filter(({ verb }) => verb === 'create').length).toBeLessThanOrEqual(6)
})

test('a stop from within a listener of `newLeader` awaits the work before it releases', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  election.on('newLeader', ({ holder }) => holder === 'a' && void election.stop())
  let holderAtEnd: string | undefined
  const result = election.lead(async ({ signal }) => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await settled()
    holderAtEnd = cluster.spec?.holderIdentity
    return 'done'
  })
  await cluster.elapse(1_000)
  expect(await result).toBe('done')
  expect(holderAtEnd).toBe('a')
  expect(cluster.spec?.holderIdentity).toBe('')
})

test('a claim whose answer was handled after its term is not announced as leadership, but claimed anew', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'create', delayAfterCommit: 150, times: 1 })
  const { election, clock, events } = cluster.candidate('a', { requestTimeout: 3_000 })
  const leading = election.becomeLeaderForLife()
  await cluster.until(() => cluster.lease)
  clock.pause()
  clock.advance(2 * LEASE_DURATION) // the process stands still while the answer arrives
  await expect.poll(() => cluster.server.requests.filter(({ verb }) => verb === 'patch').length).toBeGreaterThan(0)
  clock.resume()
  await cluster.until(() => election.isLeading())
  expect((await leading).isLeading()).toBe(true)
  expect(events.map(({ type }) => type)).not.toContain('lost')
})

test('a renewal changes the record even where the wall clock stands still', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const versions = new Set<string>()
  for (let renewal = 0; renewal < 4; renewal += 1) {
    versions.add(cluster.lease!.metadata.resourceVersion)
    await cluster.elapse(INTERVAL)
    a.clock.stepWall(-INTERVAL)
  }
  expect(versions.size).toBe(4)
})

test('a failed refresh of credentials does not spoil the connection: a later one succeeds', async () => {
  await using cluster = await TestCluster.start()
  let calls = 0
  const connection = new ApiClient(() => {
    calls += 1
    if (calls === 2) throw new Error('the vault is sealed')
    return cluster.server.kubeConfig('a')
  })
  const release = connection.acquire()
  const request = {
    method: 'GET',
    path: '/version',
    urgency: { purpose: 'look' },
    signal: new AbortController().signal,
    onSent: () => {},
  } as const
  expect((await connection.send(request, (answer) => answer)).status).toBe(200)
  cluster.server.rotateToken('a')
  const both = await Promise.allSettled([
    connection.send(request, (answer) => answer),
    connection.send(request, (answer) => answer),
  ])
  expect(both.map(({ status }) => status)).toContain('rejected')
  expect((await connection.send(request, (answer) => answer)).status).toBe(200)
  release()
})

test('an election that ends before its connection was made leaves none behind', async () => {
  await using cluster = await TestCluster.start()
  const kubeConfig = Promise.withResolvers<ReturnType<typeof cluster.server.kubeConfig>>()
  const early = cluster.candidate('a', { kubeConfig: () => kubeConfig.promise })
  const result = early.election.lead(worker().run).catch((error: Error) => error.name)
  await early.election.stop()
  expect(await result).toBe('ElectionStoppedError')
  kubeConfig.resolve(cluster.server.kubeConfig('a'))
  await settled()
  const later = await cluster.leader('a')
  await Promise.all([later.election.stop(), cluster.elapse(100)])
  await expect.poll(() => cluster.server.openConnections).toBe(0)
})

test('work of a duplicate identity has ended before lead rejects', async () => {
  await using cluster = await TestCluster.start()
  const a = cluster.candidate('a')
  const end = Promise.withResolvers<void>()
  let reason: unknown
  let isSettled = false
  const result = a.election.lead(async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    reason = signal.reason
    await end.promise
  })
  result
    .catch(() => {})
    .finally(() => {
      isSettled = true
    })
  await cluster.until(() => a.election.isLeading())
  cluster.putLeaseOf('a', 'another container')
  await cluster.until(() => reason)
  expect(reason).toBeInstanceOf(LeadershipLostError)
  await cluster.elapse(1_000)
  expect(isSettled).toBe(false)
  end.resolve()
  await settled()
  await expect(result).rejects.toMatchObject({ name: 'DuplicateIdentityError' })
})
