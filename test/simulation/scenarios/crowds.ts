/** What many candidates, slow servers and tiresome watches cost, in virtual time: by numbers that have to hold on average. */
import { average, peak, standing } from '../../support/herd.ts'
import { MemoryCluster, type MemoryRequest } from '../../support/memory-cluster.ts'

/** With every request 3.5 s a leader of 15/10/2 keeps its term, be the server slow from the beginning or all at once. */
export async function slowServer(): Promise<string | undefined> {
  const cluster = new MemoryCluster()
  cluster.latency = 3_500
  const leader = cluster.candidate('a', { preset: 'client-go' })
  await cluster.elapse(60_000)
  if (!leader.isLeading()) return 'at 3.5 s a request nobody leads after a minute'
  cluster.latency = 10
  await cluster.elapse(60_000)
  cluster.latency = 3_500
  await cluster.elapse(120_000)
  const losses = leader.events.filter(({ type }) => type === 'lost').length
  return losses > 0 ? `at 3.5 s a request the leader loses its term, ${losses} times` : undefined
}

/** Milliseconds for which a stream lasts that counts as one that stands. */
const SHORT_STREAMS = 61_000

/** At most five writes are expected at a hand-over: the average of several may exceed that by two standard errors. */
export async function handOver(): Promise<string | undefined> {
  const [count, rounds, expected] = [50, 30, 5]
  for (const latency of [7, 14]) {
    const { cluster, leader, followers } = await standing(count, { latency, watchLives: SHORT_STREAMS })
    // What requests take is known from the second answer on: when the streams have ended.
    await cluster.until(() => followers.every(({ actor }) => actor.getSnapshot().context.roundTrip.least !== undefined))
    let present = leader
    const writes: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const from = cluster.world.now
      present.actor.send({ type: 'stop' })
      await cluster.until(() => followers.some((each) => each !== present && each.isLeading()))
      await cluster.elapse(2_000)
      present = followers.find((each) => each.isLeading())!
      const claims = cluster.requests.filter(({ at, verb }) => at >= from && (verb === 'patch' || verb === 'create'))
      writes.push(claims.filter(({ by }) => by !== present.name).length)
    }
    const mean = average(writes)
    const error = Math.sqrt(average(writes.map((each) => (each - mean) ** 2)) / (rounds - 1))
    if (mean > expected + 2 * error) return `${count} candidates write ${mean} times at a hand-over on average`
  }
  return undefined
}

/** Who began at one time while nobody answers comes back at moments of its own. */
export async function outage(): Promise<string | undefined> {
  const count = 100
  const cluster = new MemoryCluster()
  cluster.goDown()
  for (let each = 0; each < count; each += 1) cluster.candidate(`candidate-${each}`)
  await cluster.elapse(4_000)
  const from = cluster.world.now
  await cluster.elapse(6_000)
  const highest = peak(cluster.requests.filter(({ at, verb }) => at >= from && verb !== 'watch'))
  return highest > count / 4
    ? `${highest} of ${count} candidates send a request within 100 ms, seconds into an outage`
    : undefined
}

/** Twelve looks an hour. */
export async function standingWatch(): Promise<string | undefined> {
  const { cluster } = await standing(1)
  const from = cluster.world.now
  await cluster.elapse(3_600_000)
  const reads = cluster.requests.filter(({ at, verb, by }) => at >= from && verb === 'get' && by !== 'leader').length
  return reads > 12 ? `a follower reads ${reads} times in an hour in which its watch stands` : undefined
}

/** It costs no write, no more reads than polling, and is opened ever more rarely. */
export async function tiresomeWatch(): Promise<string | undefined> {
  const { cluster } = await standing(1, { input: { preset: 'default' } })
  cluster.watchLives = 1_000
  cluster.goDown()
  cluster.comeBack()
  await cluster.elapse(300_000)
  const from = cluster.world.now
  await cluster.elapse(600_000)
  const count = (verb: MemoryRequest['verb'], isLeader: boolean) =>
    cluster.requests.filter((each) => each.at >= from && each.verb === verb && (each.by === 'leader') === isLeader)
      .length
  const budgets = [
    ['renewals of the leader', count('patch', true), 21],
    ['reads of the leader', count('get', true), 60],
    ['reads of the follower', count('get', false), 80],
    ['streams of the follower', count('watch', false), 60],
  ] as const
  const broken = budgets.find(([, number, budget]) => number > budget)
  return broken && `${broken[1]} ${broken[0]} in ten minutes in which every stream ends after a second`
}

/** A leader looks when its watch is opened again, where it has not heard of its Lease for long. */
export async function unwatchedDeletion(): Promise<string | undefined> {
  const cluster = new MemoryCluster()
  const leader = cluster.candidate('a', { preset: 'default' })
  // What it has heard since is old, and the next renewal far.
  await cluster.until(() => leader.events.some(({ type }) => type === 'renewed'))
  await cluster.elapse(15_000)
  cluster.goDown()
  cluster.server.deleteByHand()
  cluster.comeBack()
  await cluster.elapse(2_000)
  const hasNoticed = leader.events.some(({ type }) => type === 'lost')
  return hasNoticed ? undefined : 'a leader leads on after its watch was opened again, though its Lease is gone'
}
