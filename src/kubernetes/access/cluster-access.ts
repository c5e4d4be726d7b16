/** Where the API server is and how to be let in: from the caller, or from the surroundings of the process. */
import type { ClusterAccess } from './cluster-access.types.ts'
import { accessByKubeConfig, type KubeConfigSource, renewKubeConfig, resolveKubeConfig } from './kube-config.ts'
import { ambientAccess } from './surroundings-access.ts'

export type { ClusterAccess, Credentials, TlsOptions } from './cluster-access.types.ts'
export type { KubeConfigSource } from './kube-config.ts'

/** The access to use, and to hand to `reloadAccess` when it is refused. */
export async function loadAccess(source: KubeConfigSource | undefined): Promise<ClusterAccess> {
  return source === undefined ? ambientAccess() : accessByKubeConfig(await resolveKubeConfig(source))
}

/**
 * After a 401: the same source once more, with nothing kept of what was read before. A function is called again.
 * The key may be another one then.
 */
export async function reloadAccess(source: KubeConfigSource | undefined): Promise<ClusterAccess> {
  if (source === undefined || typeof source === 'function') return loadAccess(source)
  return accessByKubeConfig(await renewKubeConfig(await resolveKubeConfig(source)))
}
