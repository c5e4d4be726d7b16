/** The way to the cluster that the process finds by itself, as kubectl does. */
import { KubeConfigError } from '../../errors.ts'
import type { ClusterAccess } from './cluster-access.types.ts'
import { accessByKubeConfig, importClientNode } from './kube-config.ts'
import { accessByFiles } from './kubeconfig-access.ts'
import { readKubeConfigFiles } from './kubeconfig-files.ts'
import { kubeConfigFiles, ownPlaces, type Places } from './places.ts'
import { accessByServiceAccount } from './service-account.ts'

/**
 * By the files that KUBECONFIG lists, else ~/.kube/config; where those say nothing, by the service account.
 *
 * @throws KubeConfigError where there is none of them, or what there is can't work.
 */
export async function ambientAccess(places: Places = ownPlaces()): Promise<ClusterAccess> {
  const paths = kubeConfigFiles(places)
  const config = await readKubeConfigFiles(paths)
  const isEmpty = config.currentContext === undefined && config.contexts.size === 0 && config.clusters.size === 0
  if (!isEmpty) return accessByFiles(config, places.now)
  const access = (await accessByServiceAccount(places)) ?? (await accessByWsl())
  if (access) return access
  const looked = paths.length === 0 ? '' : ` (looked for ${paths.join(', ')})`
  throw new KubeConfigError(
    `no Kubernetes cluster found: ${
      places.env.KUBECONFIG
        ? `no file that KUBECONFIG names is there, or says anything${looked}`
        : `KUBECONFIG is not set, there is no ~/.kube/config${looked}`
    }, and no service account token is mounted. In a pod, check automountServiceAccountToken; elsewhere set ` +
      'KUBECONFIG or give the option `kubeConfig`.',
  )
}

/** On Windows client-node also asks the Linux subsystem, by `wsl.exe`, for a kubeconfig. */
async function accessByWsl(): Promise<ClusterAccess | undefined> {
  /* v8 ignore if */
  if (process.platform === 'win32') {
    const { KubeConfig } = await importClientNode()
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromDefault()
    // What it falls back to when it finds nothing; nobody means it.
    if (kubeConfig.getCurrentCluster()?.server !== 'http://localhost:8080') return accessByKubeConfig(kubeConfig)
  }
  return undefined
}
