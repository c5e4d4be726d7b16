/** Who is taken for oneself, and who is not, where two have one identity. */
import type { ElectionInput } from '../../../src/election.types.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'

const LEASE_DURATION = 15_000
const STATEFUL_SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'set' }

/** The pod of the leader is cut off and thinks that it leads, when another one comes in its place. */
export async function sharedOwner(): Promise<string | undefined> {
  const cluster = clusterWith(STATEFUL_SET.uid)
  const input = { identity: 'web-0', owner: STATEFUL_SET }
  const leader = cluster.candidate('first', input)
  await cluster.until(() => leader.isLeading())
  leader.clock.pause()
  const next = cluster.candidate('next', input)
  await cluster.elapse(0.9 * LEASE_DURATION)
  return hasLed(next) ? 'the next pod of a StatefulSet leads beside the one before it' : undefined
}

/** Somebody deletes the Lease of a leader for life, which is owned by what all candidates are owned by. */
export async function goneWithSharedOwner(): Promise<string | undefined> {
  const cluster = clusterWith(STATEFUL_SET.uid)
  const input: Partial<ElectionInput> = { owner: STATEFUL_SET, term: 'life' }
  const leader = cluster.candidate('web-0', input)
  await cluster.until(() => leader.isLeading())
  const follower = cluster.candidate('web-1', input)
  await cluster.elapse(1_000)
  leader.clock.pause()
  cluster.server.deleteByHand()
  await cluster.elapse(0.9 * LEASE_DURATION)
  return hasLed(follower) ? 'a follower leads at once though the pod of the last leader may live' : undefined
}

function clusterWith(owner: string): MemoryCluster {
  const cluster = new MemoryCluster()
  cluster.server.addPod(owner)
  return cluster
}

function hasLed({ events }: ReturnType<MemoryCluster['candidate']>): boolean {
  return events.some(({ type }) => type === 'leading')
}
