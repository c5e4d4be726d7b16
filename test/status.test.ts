/** What an election says of itself at a moment, and what probes are told. */
import { expect, test } from 'vitest'
import { LeaderElection } from '../src/index.ts'
import { LEASE, LEASE_DURATION, RENEW_DEADLINE, TestCluster } from './support/cluster.ts'

test('before it has begun nobody is said to lead, and probes are content', () => {
  const election = new LeaderElection(LEASE, { identity: 'a' })
  expect(election.status()).toMatchObject({
    leaseName: LEASE,
    identity: 'a',
    states: [],
    isLeading: false,
    validFor: 0,
  })
  expect(election.health()).toMatchObject({ live: true, ready: true, reason: undefined })
})

test('leader and follower say who leads, for how long that holds, and in which states they are', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await cluster.elapse(1_000)
  const leading = a.election.status()
  expect(leading).toMatchObject({ isLeading: true, leader: 'a', isAtWork: true, failures: 0, overdue: 0 })
  expect(leading.states).toEqual([
    'leading.renewal.holding',
    'leading.validity.counting',
    'leading.reporting.waiting',
    'leading.duty.serving',
  ])
  expect(leading.fencingToken).toBe(a.work.terms[0]?.fencingToken)
  expect(leading.validFor).toBeLessThanOrEqual(RENEW_DEADLINE - 1_000)
  const following = b.election.status()
  expect(following).toMatchObject({ isLeading: false, leader: 'a', fencingToken: undefined, transitions: 0 })
  expect(following.states).toEqual(['observing.following'])
  expect(following.validFor).toBeLessThanOrEqual(LEASE_DURATION - 1_000)
  expect(following.lastContact).toBeGreaterThanOrEqual(1_000)
})

test('cut off from the API server nobody is named past what was last heard: neither oneself, nor another one', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.faults.add({ status: 500 })
  await cluster.elapse(RENEW_DEADLINE)
  expect(a.election.status()).toMatchObject({ isLeading: false, leader: undefined, validFor: 0 })
  await cluster.elapse(LEASE_DURATION - RENEW_DEADLINE)
  expect(b.election.status()).toMatchObject({ leader: undefined, validFor: 0 })
  expect(b.election.leader).toBe('a') // the holder in the Lease, as it was seen last
})

test('a process that stood still past its term is not live until it has noticed, nor while its work goes on', async () => {
  await using cluster = await TestCluster.start()
  const { election, clock } = cluster.candidate('a')
  const work = Promise.withResolvers<void>()
  let isDone = false
  void election.lead(() => work.promise).then(() => (isDone = true))
  await cluster.until(() => election.isLeading())
  clock.pause()
  clock.advance(RENEW_DEADLINE + 4_000)
  expect(election.health()).toMatchObject({ live: true, status: { isLeading: false } })
  expect(election.health({ margin: 1_000 })).toMatchObject({
    live: false,
    ready: true,
    reason: expect.stringContaining('s, and its work has not stopped'),
  })
  clock.resume()
  await cluster.elapse(2_000)
  expect(election.status().states).toEqual(['deposed.settling'])
  expect(election.health()).toMatchObject({ live: false, status: { isAtWork: true } })
  work.resolve()
  await cluster.until(() => isDone)
  expect(election.health({ margin: 0 })).toMatchObject({ live: true, reason: undefined })
})

test('an election that has failed is not ready', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.leases.put({ metadata: { name: LEASE }, spec: { strategy: 'OldestEmulationVersion' } })
  const { election } = cluster.candidate('a')
  await expect(election.lead(() => {})).rejects.toThrow('another system')
  expect(election.health()).toMatchObject({ live: true, ready: false, reason: 'the election has ended with an error' })
})
