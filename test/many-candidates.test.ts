/** What many candidates, slow servers and tiresome watches cost: counted in virtual time. */
import { expect, test } from 'vitest'
import { measured, UNMEASURED } from '../src/lease/attempt.ts'
import { claimDelay, claimWindow } from '../src/lease/contention.ts'
import { average, handOvers, peak, since, standing } from './support/herd.ts'
import { MemoryCluster, type MemoryRequest } from './support/memory-cluster.ts'
import { Random } from './support/random.ts'

test.each([
  [2, 90],
  [200, 50],
])(
  '%i followers write at most five times on average when the Lease is released, and one leads after %i ms at most',
  async (count, limit) => {
    const { writes, took } = await handOvers(count)
    expect(writes).toBeLessThanOrEqual(5)
    expect(took).toBeLessThanOrEqual(limit)
  },
)

test('the wait before a claim is never longer than its window, and as few claim early whether 10 or 1,000 wait', () => {
  const random = new Random(7)
  for (const count of [10, 100, 1_000]) {
    const early = Array.from({ length: 300 }, () => {
      const waits = Array.from({ length: count }, () => claimDelay(70, random.next()))
      const first = Math.min(...waits)
      expect(Math.max(...waits)).toBeLessThanOrEqual(70)
      return waits.filter((wait) => wait < first + 10).length
    })
    expect(average(early)).toBeLessThan(5)
  }
})

test('the first answer of a process, which has just begun and is busy with itself, does not widen the window', () => {
  const cold = measured(UNMEASURED, 500)
  expect(claimWindow(50, cold, 0)).toBe(50)
  expect(claimWindow(50, measured(cold, 10), 0)).toBe(70)
})

test('the window is wider where requests take long or others came first, and there is none where none is wanted', () => {
  const slow = { smoothed: 90, variation: 0, least: 40, givenUp: 0 }
  const quick = { ...slow, least: 2 }
  expect(claimWindow(30, quick, 0)).toBe(30)
  expect(claimWindow(30, { ...slow, least: 10 }, 0)).toBe(70)
  expect(claimWindow(30, quick, 1)).toBe(60)
  expect(claimWindow(30, { ...slow, least: 60_000 }, 9)).toBe(400)
  expect(claimWindow(0, slow, 3)).toBe(0)
})

test.each([
  ['the preset of client-go, 3.5 s a request', { preset: 'client-go' }, 3_500],
  ['the defaults, 3.4 s a request', { preset: 'default' }, 3_400],
] as const)(
  'a server that is slow from the beginning, or becomes slow, costs no term: %s',
  async (_name, input, latency) => {
    const cluster = new MemoryCluster()
    cluster.latency = latency
    const leader = cluster.candidate('a', input)
    await cluster.until(() => leader.isLeading())
    await cluster.elapse(300_000)
    cluster.latency = 10
    await cluster.elapse(120_000)
    cluster.latency = latency
    await cluster.elapse(300_000)
    expect(leader.events.filter(({ type }) => type === 'lost')).toEqual([])
    expect(leader.isLeading()).toBe(true)
  },
)

test('a follower whose watch stands reads at most twelve times an hour, whatever the interval', async () => {
  const { cluster, followers } = await standing(1)
  const from = cluster.world.now
  await cluster.elapse(3_600_000)
  const reads = since(cluster, from).filter(({ verb, by }) => verb === 'get' && by !== 'leader')
  expect(reads.length).toBeLessThanOrEqual(12)
  expect(followers[0]!.actor.getSnapshot().context.watching).toBe(true)
})

test.each([10, 1_010])(
  'a watch that ends after %i ms again and again is opened ever more rarely, and costs no write',
  async (life) => {
    const { cluster } = await standing(1, { input: { preset: 'default' } })
    cluster.watchLives = life
    await cluster.elapse(600_000) // the streams that stand have ended by then
    const from = cluster.world.now
    await cluster.elapse(600_000)
    const of = (who: 'leader' | 'follower', verb: MemoryRequest['verb']) =>
      since(cluster, from).filter((each) => (each.by === 'leader') === (who === 'leader') && each.verb === verb).length
    expect(of('leader', 'patch')).toBeLessThanOrEqual(600 / 30 + 1)
    expect(of('leader', 'get')).toBeLessThanOrEqual(60)
    expect(of('follower', 'patch')).toBe(0)
    expect(of('follower', 'get')).toBeLessThanOrEqual(80) // polling: every third of 30 s, with jitter
    expect(of('follower', 'watch')).toBeLessThanOrEqual(40)
  },
)

test('500 followers in an outage ask ever more rarely, and never in step', async () => {
  const { cluster } = await standing(500)
  const from = cluster.world.now
  cluster.goDown()
  await cluster.elapse(10_000)
  const first = since(cluster, from)
  await cluster.elapse(20_000)
  const later = since(cluster, from + 20_000)
  expect(peak(first)).toBeLessThan(350) // of 1,000, 1,476 when they came in step
  expect(first.length).toBeLessThan(5_000)
  expect(later.length).toBeLessThan(first.length / 2)
  cluster.comeBack()
  const back = cluster.world.now
  await cluster.elapse(10_000)
  expect(peak(since(cluster, back))).toBeLessThan(350)
})
