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
