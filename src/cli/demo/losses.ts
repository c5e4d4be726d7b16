/** The ways to take the leader away, and what is measured of each hand-over. */
import { type Cluster, LEASE, LEASE_DURATION, now, RENEW_DEADLINE, START } from './cluster.ts'
import type { Replica } from './replica.ts'
import type { Reign } from './timeline.ts'

export interface HandOver {
  readonly title: string
  /** The earlier leader; undefined for the first election. */
  readonly from: Reign | undefined
  readonly to: Reign
  /** Milliseconds without a leader. */
  readonly gap: number | undefined
  /** Milliseconds from the moment at which the Lease could be taken, and which moment that is. */
  readonly takeover: { readonly after: string; readonly milliseconds: number } | undefined
  /** Milliseconds in which the demo itself was stopped meanwhile. */
  readonly stoodStill?: number
}

/** Milliseconds that anything may take that should be quick, on a busy machine. */
const PATIENCE = 10_000

export interface Loss {
  readonly title: string
  take(cluster: Cluster): Promise<HandOver>
}

/** Takes the leader away in this way, and measures. */
export async function take(loss: Loss, cluster: Cluster): Promise<HandOver> {
  const before = cluster.stoodStill
  const handOver = await loss.take(cluster)
  return { ...handOver, stoodStill: cluster.stoodStill - before }
}

export const firstElection: Loss = {
  title: 'first election',
  async take(cluster) {
    const to = await nextLeader(cluster, undefined, START)
    await cluster.untilAllFollow()
    return { title: this.title, from: undefined, to, gap: undefined, takeover: undefined }
  },
}

export const podDeleted: Loss = {
  title: "the leader's pod is deleted",
  async take(cluster) {
    const { replica, reign } = await current(cluster)
    const deletion = whenLeaseIsDeleted(cluster)
    replica.isDoomed = true // it crashes: a leadership for life that is lost
    cluster.server.deletePod(replica.pod)
    const deletedAt = await deletion
    const to = await nextLeader(cluster, reign, PATIENCE)
    await replica.exited
    await replacePod(cluster)
    return handOver(this.title, reign, to, { after: "the Lease's deletion", at: deletedAt })
  },
}

export const processKilled: Loss = {
  title: 'the leader is killed, and its node with it',
  async take(cluster) {
    const { replica, reign } = await current(cluster)
    const killedAt = now()
    replica.signal('SIGKILL')
    await replica.exited
    reign.until = killedAt
    const to = await nextLeader(cluster, reign, LEASE_DURATION + PATIENCE)
    await replacePod(cluster)
    return handOver(this.title, reign, to, { after: "the Lease's expiry", at: expiryOf(reign) })
  },
}

export const processPaused: Loss = {
  title: 'the leader is paused past its term, and wakes',
  async take(cluster) {
    const { replica, reign } = await current(cluster)
    replica.signal('SIGSTOP')
    // Asleep it can't tell, but it could believe until its deadline.
    reign.until = reign.renewedAt + RENEW_DEADLINE
    const to = await nextLeader(cluster, reign, LEASE_DURATION + PATIENCE)
    const answer = firstAnswer(replica)
    replica.signal('SIGCONT')
    if (await answer)
      throw new Error(`${replica.pod} still believes that it leads after its term has passed to ${to.pod}`)
    await replica.exited
    await cluster.startContainer(replica.pod) // as the kubelet does: same pod, new process
    await cluster.untilAllFollow()
    return handOver(this.title, reign, to, { after: "the Lease's expiry", at: expiryOf(reign) })
  },
}

export const gracefulStop: Loss = {
  title: 'the leader stops gracefully',
  async take(cluster) {
    const { replica, reign } = await current(cluster)
    const askedAt = now()
    const before = cluster.stoodStill
    replica.signal('SIGTERM')
    const to = await nextLeader(cluster, reign, PATIENCE)
    const code = await replica.exited
    if (code !== 0 && cluster.stoodStill === before)
      throw new Error(`${replica.pod} was asked to stop and ended with exit code ${code}`)
    await replacePod(cluster)
    return handOver(this.title, reign, to, { after: 'SIGTERM', at: askedAt })
  },
}

/** What a Deployment does about a lost pod; resolves when the new one is ready to take over. */
async function replacePod(cluster: Cluster): Promise<void> {
  await cluster.addPod()
  await cluster.untilAllFollow()
}

/** There is one, unless the demo was stopped for so long that its term ended. */
function current(cluster: Cluster): Promise<{ replica: Replica; reign: Reign }> {
  return cluster.until(() => cluster.leader, 'a leader to take away', LEASE_DURATION + PATIENCE)
}

/** Waits until exactly one candidate leads that is not the one before. */
function nextLeader(cluster: Cluster, before: Reign | undefined, timeout: number): Promise<Reign> {
  const next = () => {
    const reign = cluster.leader?.reign
    return reign !== before && reign
  }
  return cluster.until(next, 'a leader', timeout)
}

function handOver(title: string, from: Reign, to: Reign, { after, at }: { after: string; at: number }): HandOver {
  return { title, from, to, gap: to.from - from.until!, takeover: { after, milliseconds: to.from - at } }
}

/** When the followers may take the Lease: they counted from when they saw the last renewal, at the latest. */
function expiryOf(reign: Reign): number {
  return reign.renewedAt + LEASE_DURATION
}

function whenLeaseIsDeleted({ server }: Cluster): Promise<number> {
  return new Promise((resolve) => {
    const subscription = server.leases.onChange(({ type, object }) => {
      if (type !== 'DELETED' || object.metadata.name !== LEASE) return
      subscription[Symbol.dispose]()
      resolve(now())
    })
  })
}

/** What the process says of its leadership when it first runs again. */
function firstAnswer(replica: Replica): Promise<boolean> {
  return new Promise((resolve) => replica.once('event', ({ isLeading }) => resolve(isLeading)))
}
