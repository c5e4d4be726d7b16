/** Many followers of one Lease, in virtual time. */
import type { ElectionInput } from '../../src/statechart/types.ts'
import { MemoryCluster, type MemoryRequest } from './memory-cluster.ts'

const WRITES: readonly MemoryRequest['verb'][] = ['create', 'patch', 'delete']
/** Milliseconds a request: what the default window is made for. Longer ones widen it as soon as they are measured. */
const LATENCY = 7
const ROUNDS = 8

/** A leader and its followers, whose watches stand. */
export async function standing(
  count: number,
  { input = {}, latency = 10, watchLives = 300_000 }: StandingOptions = {},
) {
  const cluster = new MemoryCluster()
  Object.assign(cluster, { latency, watchLives })
  const leader = cluster.candidate('leader', input)
  await cluster.until(() => leader.isLeading())
  const followers = Array.from({ length: count }, (_, index) => cluster.candidate(`follower-${index}`, input))
  await cluster.until(() => followers.every(({ actor }) => actor.getSnapshot().context.watching))
  return { cluster, leader, followers }
}

interface StandingOptions {
  readonly input?: Partial<ElectionInput>
  /** Milliseconds a request. */
  readonly latency?: number
  /** Milliseconds after which the server ends a watch. */
  readonly watchLives?: number
}

/** One leader after the other stops: how many writes a hand-over takes, and how many milliseconds, on average. */
export async function handOvers(count: number): Promise<{ writes: number; took: number }> {
  const { cluster, leader, followers } = await standing(count, { latency: LATENCY })
  let present = leader
  const rounds: { writes: number; took: number }[] = []
  while (rounds.length < ROUNDS && rounds.length < count) {
    present.actor.send({ type: 'stop' })
    await cluster.until(() => cluster.server.record?.holder === undefined)
    const from = cluster.world.now
    const took = await cluster.until(() => followers.some((each) => each.isLeading()))
    const ledAt = cluster.world.now
    await cluster.elapse(500)
    present = followers.find((each) => each.isLeading())!
    // What the new leader writes later on are renewals.
    const isOfHandOver = ({ at, verb, by }: MemoryRequest) =>
      WRITES.includes(verb) && (by !== present.name || at <= ledAt)
    rounds.push({ writes: since(cluster, from).filter(isOfHandOver).length, took })
  }
  return { writes: average(rounds.map(({ writes }) => writes)), took: average(rounds.map(({ took }) => took)) }
}

export function since({ requests }: MemoryCluster, from: number): MemoryRequest[] {
  return requests.filter(({ at }) => at >= from)
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length
}

/** The most requests within 100 ms. */
export function peak(requests: readonly MemoryRequest[]): number {
  const counts = new Map<number, number>()
  for (const { at } of requests) counts.set(Math.floor(at / 100), (counts.get(Math.floor(at / 100)) ?? 0) + 1)
  return Math.max(...counts.values())
}
