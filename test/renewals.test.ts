/** When terms are renewed: once an interval, each at a phase of its own, which nothing that happens brings into step. */
import { expect, test } from 'vitest'
import { firstRenewal, nextRenewal } from '../src/lease/renewal-schedule.ts'
import { TestCluster } from './support/cluster.ts'
import { since } from './support/herd.ts'
import { MemoryCluster } from './support/memory-cluster.ts'
import { Random } from './support/random.ts'
import { clockSet, type Disturbance, FULLEST, outage, renewalsOf, standstill } from './support/renewals.ts'

test('the first renewal is due at a random moment of the interval after the claim, and at its end at the latest', () => {
  expect([0, 0.25, 0.999].map((random) => firstRenewal(5_000, 1_000, random))).toEqual([6_000, 5_750, 5_010])
  expect(firstRenewal(5_003, 1_000, 0)).toBe(6_003)
})

test('terms of a process that are due within a hundredth of the interval are renewed at one moment', () => {
  expect([0.251, 0.255, 0.259].map((random) => firstRenewal(5_003, 1_000, random))).toEqual([5_760, 5_750, 5_750])
})

test.each([
  ['on time', 10_000, 13_000],
  ['late: lateness does not add up', 11_400, 13_000],
  ['late by nearly an interval', 12_900, 13_000],
  ['after an outage of more than an interval: what was missed is not made up for', 20_500, 22_000],
  ['a fraction early, as a timer may fire: it was the one that was due', 9_999.4, 13_000],
  ['earlier, because something was in doubt: the one that was due still is', 9_000, 10_000],
  ['as early as can be, at the last renewal', 7_000, 10_000],
])('a renewal that was due at 10,000, every 3,000, is sent %s', (_how, sentAt, next) => {
  expect(nextRenewal(10_000, sentAt, 3_000)).toBe(next)
})

test('whenever renewals are sent, the next one is due within an interval, and the phase stays', () => {
  const random = new Random(11)
  const interval = 1_000
  const first = firstRenewal(0, interval, random.next())
  for (let due = first, sentAt = 0, renewal = 0; renewal < 10_000; renewal += 1) {
    // Late by up to a few intervals, on time, or early by what is left at most.
    sentAt = random.chance(0.5) ? due + random.magnitude(0.01, 3_000) : random.between(sentAt, due)
    due = nextRenewal(due, sentAt, interval)
    expect(due).toBeGreaterThan(sentAt)
    expect(due - sentAt).toBeLessThanOrEqual(interval + 1)
    expect((due - first) / interval).toBeCloseTo(Math.round((due - first) / interval), 6)
  }
})

test.each([
  ['an outage in which all failed', outage],
  ['the process stood still', standstill],
  ['all terms were in doubt', clockSet],
] as const satisfies readonly (readonly [string, Disturbance])[])(
  '200 elections that begin together renew apart, from the first interval on, and again after %s',
  async (_what, disturbance) => {
    const { first, calm, after, longestGap, allowedGap, losses } = await renewalsOf(200, disturbance)
    expect(Math.max(first.fullest, calm.fullest, after.fullest)).toBeLessThanOrEqual(FULLEST)
    expect([first.renewals, calm.renewals, after.renewals]).toEqual([200, 200, 200])
    expect(longestGap).toBeLessThanOrEqual(allowedGap)
    expect(losses).toBe(0)
  },
)

test('a term whose interval leaves next to nothing of the deadline goes on, whatever its phase', async () => {
  await using cluster = await TestCluster.start()
  const timing = { interval: 9_900, requestTimeout: 100 }
  for (const random of [0, 0.5, 0.9999]) {
    const a = await cluster.leader('a', { ...timing, random: () => random })
    await cluster.elapse(10 * timing.interval)
    expect(a.events.filter(({ type }) => type === 'lost' || type === 'retrying')).toEqual([])
    await Promise.all([a.election.stop(), cluster.until(() => cluster.spec?.holderIdentity === '')])
  }
})

test('a server that takes longer than an interval to answer is asked once at a time, and none is made up for later', async () => {
  const { cluster, leader } = await aLeader('client-go')
  const from = cluster.world.now
  cluster.latency = 3_500
  await cluster.elapse(120_000)
  const sendings = since(cluster, from).filter(({ verb }) => verb === 'patch')
  expect(sendings.length).toBeGreaterThan(30)
  expect(Math.min(...sendings.slice(1).map(({ at }, index) => at - sendings[index]!.at))).toBeGreaterThanOrEqual(3_500)
  cluster.latency = 10
  const quickAgain = cluster.world.now
  await cluster.elapse(22_000)
  expect(since(cluster, quickAgain).filter(({ verb }) => verb === 'patch').length).toBeLessThanOrEqual(12)
  expect(leader.events.filter(({ type }) => type === 'lost')).toEqual([])
})

test('a look that is answered only when the renewal is overdue, and finds all well, is followed by it at once', async () => {
  const { cluster, leader } = await aLeader('default')
  const due = () => leader.actor.getSnapshot().context.tenure!.renewalDueAt - leader.clock.now().monotonic
  await cluster.until(() => leader.events.some(({ type }) => type === 'renewed'))
  await cluster.elapse(due() - 500)
  const from = cluster.world.now
  cluster.latency = 2_000
  leader.actor.send({ type: 'watchOpened', at: leader.clock.now() })
  await cluster.elapse(2_500)
  expect(since(cluster, from).map(({ at, verb }) => [at - from, verb])).toEqual([
    [0, 'get'],
    [2_000, 'patch'],
  ])
})

async function aLeader(preset: 'client-go' | 'default') {
  const cluster = new MemoryCluster()
  const leader = cluster.candidate('a', { preset })
  await cluster.until(() => leader.isLeading())
  return { cluster, leader }
}
