/** Few connections, kept and shared, for however many elections; and an end to every request. */
import { expect, test } from 'vitest'
import { LeaderElection } from '../src/index.ts'
import { INTERVAL, RENEW_DEADLINE, TestCluster, worker } from './support/cluster.ts'
import { ManualClock } from './support/manual-clock.ts'
import { settled } from './support/traffic.ts'

test.each([
  ['one connection: requests and the watch are its streams', true, 1],
  ['two with HTTP/1.1: one for requests, one for the watch', false, 2],
])('200 renewals open %s', async (_name, http2, connections) => {
  await using cluster = await TestCluster.start({ http2 })
  const a = await cluster.leader('a', { interval: 1_000 })
  await cluster.elapse(202_000)
  expect(a.events.filter(({ type }) => type === 'renewed').length).toBeGreaterThanOrEqual(200)
  expect(cluster.server.connections).toBe(connections)
})

/** Elections of one pod in one process, for several Leases. */
async function leadSeveral(cluster: TestCluster, leases: readonly string[]) {
  const { kubeConfig, identity, namespace } = cluster.server.pod('a')
  for (const lease of leases) {
    const clock = new ManualClock()
    const election = new LeaderElection(lease, { preset: 'client-go', kubeConfig, identity, namespace, clock })
    cluster.candidates.push({ election, clock, events: [], log: [] })
    void election.lead(worker().run).catch(() => {})
    await cluster.until(() => election.isLeading())
  }
}

test('several elections of one process share one connection for requests and one for watching', async () => {
  await using cluster = await TestCluster.start()
  await leadSeveral(cluster, ['one', 'two', 'three'])
  await cluster.elapse(10 * INTERVAL)
  expect(cluster.server.openWatches).toBe(1)
  expect(cluster.server.openConnections).toBe(1)
  expect(cluster.leaders).toHaveLength(3)
  // Each of them still hears of its own Lease, and only of that.
  cluster.server.leases.delete('two')
  await settled()
  expect(cluster.candidates.map(({ election }) => election.isLeading())).toEqual([true, false, true])
  // The first one, whose watch was the first, ends; the others go on watching.
  await Promise.all([cluster.candidates[0]!.election.stop(), cluster.elapse(1_000)])
  cluster.server.leases.delete('three')
  await settled()
  expect(cluster.candidates[2]!.election.isLeading()).toBe(false)
  expect(cluster.server.openWatches).toBe(1)
})

test.each([
  ['is large', 2_000_000, 1],
  ['is too long to be read', 9_000_000, 2],
])('a Lease of others that %s does not blind the elections that share a watch', async (_name, length, watches) => {
  await using cluster = await TestCluster.start()
  await leadSeveral(cluster, ['one', 'two'])
  const large = { name: 'large', annotations: { text: 'x'.repeat(length) } }
  cluster.server.leases.put({ metadata: large, spec: {} })
  await cluster.until(
    () => cluster.server.openWatches === watches && cluster.server.requests.every(({ status }) => status),
  )
  await cluster.elapse(5_000)
  cluster.server.leases.put({ metadata: { ...large, labels: { changed: 'again' } }, spec: {} })
  await settled()
  expect(cluster.server.openWatches).toBe(watches)
  cluster.server.leases.delete('two')
  await settled()
  expect(cluster.candidates.map(({ election }) => election.isLeading())).toEqual([true, false])
})

test('where only single leases may be watched, each election has a watch of its own', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'watch', name: null, status: 403 })
  await leadSeveral(cluster, ['one', 'two', 'three'])
  await cluster.elapse(10 * INTERVAL)
  expect(cluster.server.openWatches).toBe(3)
  const refused = cluster.server.requests.filter(({ verb, status }) => verb === 'watch' && status === 403)
  expect(refused).toHaveLength(1)
  cluster.server.leases.delete('three')
  await settled()
  expect(cluster.candidates.map(({ election }) => election.isLeading())).toEqual([true, true, false])
})

test('a renewal that never answers is given up alone; the deadline holds without it', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const ledSince = a.clock.now().monotonic
  cluster.server.faults.add({ from: 'a', verb: 'patch', hang: true, times: 1 })
  await cluster.elapse(INTERVAL)
  const other = cluster.server.faults.add({ from: 'a', verb: ['get', 'patch'], status: 503 })
  await cluster.until(() => other.hits > 0, RENEW_DEADLINE)
  expect(cluster.server.openWatches).toBe(1)
  expect(cluster.server.connections).toBe(1) // it lives: only the renewal's stream was reset
  await cluster.until(() => !a.election.isLeading())
  expect(a.clock.now().monotonic - ledSince).toBeLessThanOrEqual(RENEW_DEADLINE)
})

test('with HTTP/1.1 a renewal that never answers takes its own connection along, and no other', async () => {
  await using cluster = await TestCluster.start({ http2: false })
  await cluster.leader('a')
  expect(cluster.server.openConnections).toBe(2)
  cluster.server.faults.add({ from: 'a', verb: 'patch', hang: true, times: 1 })
  const before = cluster.server.connections
  await cluster.elapse(2 * RENEW_DEADLINE)
  expect(cluster.server.connections).toBe(before + 1)
  expect(cluster.server.openConnections).toBe(2)
  expect(cluster.leaders).toEqual(['a'])
})

test('while every request hangs, the deadline does not wait for any of them', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  cluster.server.faults.add({ from: 'a', hang: true })
  const signal = a.work.terms[0]!.signal
  await cluster.until(() => signal.aborted, RENEW_DEADLINE)
  expect(a.events.find(({ type }) => type === 'lost')).toMatchObject({ reason: { kind: 'deadline' } })
})

test('after stop no connection, watch or timer is left', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await Promise.all([a.election.stop(), b.election.stop(), cluster.elapse(100)])
  await expect.poll(() => cluster.server.openConnections).toBe(0)
  expect(cluster.server.openWatches).toBe(0)
  expect(a.clock.pendingTimers + b.clock.pendingTimers).toBe(0)
})

test('no abort listener is left on the signal that an election was given', async () => {
  await using cluster = await TestCluster.start()
  const { signal } = new AbortController()
  let listeners = 0
  const [add, remove] = [signal.addEventListener, signal.removeEventListener]
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1
    add.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1
    remove.apply(signal, args)
  }
  const { election } = cluster.candidate('a', { signal })
  const result = election.lead(() => 'done')
  await cluster.elapse(100)
  expect(await result).toBe('done')
  expect(listeners).toBe(0)
})

test('the server restarts: renewal and watch come back by themselves, and the leadership goes on', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await cluster.server.restart()
  await cluster.elapse(5 * INTERVAL)
  expect(cluster.leaders).toEqual(['a'])
  expect(a.work.terms).toHaveLength(1)
  expect(cluster.server.openWatches).toBe(2)
  await Promise.all([a.election.stop(), cluster.elapse(1)])
  await settled()
  await cluster.until(() => b.election.isLeading(), 100)
})
