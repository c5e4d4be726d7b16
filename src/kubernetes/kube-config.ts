/** Where the API server is and how to authenticate: from the caller, or from the surroundings of the process. */
import type { KubeConfig } from '@kubernetes/client-node'
import { ConfigurationError, messageOf } from '../errors.ts'

/**
 * A client-node `KubeConfig`, or a function that returns one. The function is called at the start and again whenever
 * the API server refuses the credentials (401), so that it can return fresh ones.
 */
export type KubeConfigSource = KubeConfig | (() => KubeConfig | Promise<KubeConfig>)

/** client-node costs most of a second and 85 MB to import, so it is imported when the first request is made. */
export function importClientNode() {
  return import('./client-node.ts')
}

/**
 * Loads the kubeconfig and checks that it names an API server.
 *
 * @throws ConfigurationError where there is none, or none that could work.
 */
export async function loadKubeConfig(source: KubeConfigSource | undefined): Promise<KubeConfig> {
  const kubeConfig = source === undefined ? await ambientKubeConfig() : await resolveSource(source)
  const cluster = kubeConfig.getCurrentCluster()
  if (!cluster?.server) {
    throw new ConfigurationError(
      `the kubeconfig has no current cluster (current context: ${JSON.stringify(kubeConfig.getCurrentContext())}); ` +
        'set current-context to a context whose cluster has a server.',
    )
  }
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new ConfigurationError(
      `the kubeconfig's server is ${cluster.server}, without TLS; use https, or say that this is meant with ` +
        '`insecure-skip-tls-verify: true` (`skipTLSVerify` in client-node).',
    )
  }
  return kubeConfig
}

/** The same credentials once more, but read anew: client-node keeps a token file's content for a minute. */
export async function reloadKubeConfig(source: KubeConfigSource | undefined, current: KubeConfig): Promise<KubeConfig> {
  if (source === undefined || typeof source === 'function') return loadKubeConfig(source)
  const { KubeConfig } = await importClientNode()
  const fresh = new KubeConfig()
  fresh.loadFromOptions(current)
  // Authenticators that the caller added are not part of the options.
  /* v8 ignore next -- a look-alike of a KubeConfig may have no such list */
  for (const each of (current as unknown as { custom_authenticators?: never[] }).custom_authenticators ?? []) {
    fresh.addAuthenticator(each)
  }
  return fresh
}

async function resolveSource(source: KubeConfigSource): Promise<KubeConfig> {
  const kubeConfig: unknown = typeof source === 'function' ? await source() : source
  if (!isKubeConfig(kubeConfig)) {
    throw new ConfigurationError(
      `kubeConfig ${typeof source === 'function' ? 'returned' : 'is'} ${Object.prototype.toString.call(kubeConfig)}; ` +
        'expected a KubeConfig of @kubernetes/client-node, or a function that returns one.',
    )
  }
  return kubeConfig
}

/** By shape, not by class: an application may have a copy of client-node of its own. */
export function isKubeConfig(value: unknown): value is KubeConfig {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as KubeConfig).getCurrentCluster === 'function' &&
    typeof (value as KubeConfig).applyToHTTPSOptions === 'function'
  )
}

async function ambientKubeConfig(): Promise<KubeConfig> {
  const { KubeConfig } = await importClientNode()
  const kubeConfig = new KubeConfig()
  try {
    kubeConfig.loadFromDefault()
  } catch (error) {
    throw new ConfigurationError(`the kubeconfig can't be read: ${messageOf(error)}`, { cause: error })
  }
  // client-node falls back to this address when it finds nothing; nobody means it.
  if (kubeConfig.getCurrentCluster()?.server === 'http://localhost:8080') {
    throw new ConfigurationError(
      'no Kubernetes cluster found: KUBECONFIG is not set, there is no ~/.kube/config, and no service account token is ' +
        'mounted. In a pod, check automountServiceAccountToken; elsewhere set KUBECONFIG or give the option `kubeConfig`.',
    )
  }
  return kubeConfig
}
