/**
 * What the elections of a process share that reach the same API server with the same credentials: the transport, reads
 * of the same Lease, watch streams, and what is known of the Leases.
 *
 * Closed when the last of those elections has ended: then nothing of it is left open.
 */
import type { ClusterAccess } from './access/cluster-access.ts'
import { Transport } from './http/transport.ts'
import { LeaseVersions } from './lease-versions.ts'
import { SharedReads } from './shared-reads.ts'
import { WatchHub } from './watch-hub.ts'

export interface SharedCluster {
  /** Equal for those who may share: see `ClusterAccess`. */
  readonly key: string
  readonly transport: Transport
  readonly versions: LeaseVersions
  readonly hub: WatchHub
  readonly reads: SharedReads
  /** Those who have acquired it, and not released. */
  users: number
}

const clusters = new Map<string, SharedCluster>()

/** What is shared with those of the same access; `releaseCluster` it once. */
export function acquireCluster(access: ClusterAccess): SharedCluster {
  const cluster = clusters.get(access.key) ?? newCluster(access)
  clusters.set(access.key, cluster)
  cluster.users += 1
  return cluster
}

export function releaseCluster(cluster: SharedCluster): void {
  cluster.users -= 1
  if (cluster.users > 0) return
  clusters.delete(cluster.key)
  cluster.transport.destroy()
}

function newCluster(access: ClusterAccess): SharedCluster {
  const versions = new LeaseVersions()
  return {
    key: access.key,
    transport: new Transport(access),
    versions,
    hub: new WatchHub(versions),
    reads: new SharedReads(),
    users: 0,
  }
}
