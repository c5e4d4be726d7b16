/** Troubles that come together, as in the reports of incidents: one thing leads to another. */
import type { Cluster } from './cluster.ts'
import type { Condition } from './network.ts'

/** What keeps a follower from knowing how things are. */
const IGNORANCE: readonly Condition[] = [
  { isSilent: true },
  { lag: 20_000 },
  { answer: { status: 503, probability: 1 } },
  { requestLoss: 1, answerLoss: 1, isSilent: true },
]

/**
 * Followers are ill informed, the leadership changes hands or not, then the leader is cut off, and an operator, who
 * sees it not answering, deletes the Lease so that another one may lead. Returns what ends it all.
 */
export function leaseOfLostLeaderDeleted(cluster: Cluster, length: number): () => void {
  const { random, world, slots } = cluster
  let isOver = false
  const ends: (() => void)[] = []
  const first = cluster.leadingSlot
  const ignorance = random.pick(IGNORANCE)
  slots.forEach(({ pod }, index) => {
    if (index === first || random.chance(0.4)) return
    const end = pod.network.add(ignorance)
    ends.push(end)
    world.after(random.between(0.3, 1) * length, end)
  })
  const changesAt = random.between(0, 0.3) * length
  if (first !== undefined && random.chance(0.5)) world.after(changesAt, () => cluster.stepDown(first))
  world.after(changesAt + random.magnitude(100, 10_000), () => {
    const leader = cluster.leadingSlot
    if (leader === undefined || isOver) return
    ends.push(slots[leader]!.pod.network.add({ requestLoss: 1, answerLoss: 1, isSilent: true }))
    world.after(random.magnitude(10, 5_000), () => isOver || cluster.server.deleteByHand())
  })
  return () => {
    isOver = true
    for (const end of ends) end()
  }
}

/**
 * The API server is away for a moment, all streams of the watch end, and when it is back it refuses everybody until it knows
 * who may do what: with 403 mostly, or with 401. Returns what ends it.
 */
export function restartOfApiServer(cluster: Cluster, length: number, strength: number): () => void {
  const isAway: Condition = { answer: { status: 503, probability: 1 }, refusesStreams: true }
  let end = cluster.addForAll(isAway)
  cluster.cutStreams()
  const cancel = cluster.world.after(length * strength, () => {
    end()
    const status = cluster.random.chance(0.7) ? 403 : 401
    end = cluster.addForAll({ answer: { status, probability: 1 } })
  })
  return () => {
    cancel()
    end()
  }
}

/** No stream of the watch stands for a while, in which somebody deletes the Lease. Returns what ends that while. */
export function leaseDeletedUnwatched(cluster: Cluster, length: number): () => void {
  const end = cluster.addForAll({ refusesStreams: true })
  cluster.cutStreams()
  const cancel = cluster.world.after(length * cluster.random.next(), () => cluster.server.deleteByHand())
  return () => {
    cancel()
    end()
  }
}

/** Somebody deletes what belongs to the application and creates it anew: all its pods, and meanwhile the Lease. */
export function deploymentReplaced(cluster: Cluster, length: number): void {
  const { random, world, slots, server } = cluster
  const isForced = random.chance(0.3)
  for (const index of slots.keys()) {
    world.after(random.between(0, length / 4), () => {
      if (isForced) cluster.deletePodByForce(index, { livesFor: random.magnitude(100, 20_000), keepsName: false })
      else cluster.deletePod(index, { takes: random.magnitude(100, 20_000), keepsName: false })
    })
  }
  world.after(random.between(0, length), () => server.deleteByHand())
}
