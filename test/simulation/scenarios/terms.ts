/** How a term begins and ends: what histories by seed show only by chance. */
import { MemoryCluster } from '../../support/memory-cluster.ts'

const OWNER = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'pod-a' }
const [LEASE_DURATION, RENEW_DEADLINE] = [15_000, 10_000]
const HOUR = 3_600_000

/** A busy server, or a proxy before it, asks to come back in an hour, and is well again at once. */
export async function longRetryAfter(): Promise<string | undefined> {
  const cluster = new MemoryCluster()
  cluster.refusal = { status: 429, retryAfter: HOUR }
  const candidate = cluster.candidate('a')
  await cluster.elapse(1_000)
  cluster.refusal = undefined
  await cluster.elapse(2 * LEASE_DURATION)
  return candidate.isLeading() ? undefined : 'a waits for as long as it was asked to, longer than a lease lasts'
}

/** Should nobody take the Lease over, it has to go with the pods. */
export async function release(): Promise<string | undefined> {
  const cluster = new MemoryCluster()
  cluster.server.addPod(OWNER.uid)
  const leader = cluster.candidate('a', { owner: OWNER })
  await cluster.until(() => leader.isLeading())
  leader.actor.send({ type: 'stop' })
  await cluster.until(() => cluster.server.record?.holder === undefined)
  cluster.server.removePod(OWNER.uid)
  await cluster.elapse(1_000)
  return cluster.server.record && 'the Lease stays though its holder has released it and the pod is gone'
}

/** The machine is suspended between the claim and its answer for longer than a term: others have waited meanwhile. */
export async function suspendedClaim(): Promise<string | undefined> {
  const cluster = new MemoryCluster()
  cluster.latency = 100
  const candidate = cluster.candidate('a')
  await cluster.until(() => cluster.requests.some(({ verb }) => verb === 'create'))
  const wake = candidate.clock.suspend()
  await cluster.elapse(RENEW_DEADLINE + 1)
  wake()
  await cluster.elapse(0)
  return candidate.events.some(({ type }) => type === 'leading')
    ? 'a leads by a claim that it sent before it was suspended for longer than a term'
    : undefined
}
