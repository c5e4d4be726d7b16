/** Where an API server is, and how to be let in. */
import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import type { KubeConfig } from '@kubernetes/client-node'
import { type KubeConfigSource, loadKubeConfig, reloadKubeConfig } from './kube-config.ts'

/** Where the API server is and how to be let in. Credentials are read anew for each request, so that rotated ones are picked up. */
export interface ClusterAccess {
  readonly server: string
  readonly namespace: string | undefined
  readonly proxyUrl: string | undefined
  readonly key: string
  credentials(): Promise<Credentials>
}

export interface Credentials {
  readonly tls: Pick<
    ConnectionOptions,
    'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
  >
  readonly headers: Readonly<Record<string, string>>
}

const kubeConfigs = new WeakMap<ClusterAccess, KubeConfig>()

export async function loadAccess(source: KubeConfigSource | undefined): Promise<ClusterAccess> {
  return accessOf(await loadKubeConfig(source))
}

export async function reloadAccess(
  source: KubeConfigSource | undefined,
  refused: ClusterAccess,
): Promise<ClusterAccess> {
  return accessOf(await reloadKubeConfig(source, kubeConfigs.get(refused)!))
}

function accessOf(kubeConfig: KubeConfig): ClusterAccess {
  const cluster = kubeConfig.getCurrentCluster()!
  let making: Promise<Credentials> | undefined
  const access: ClusterAccess = {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace,
    proxyUrl: cluster.proxyUrl,
    key: createHash('sha256')
      .update(JSON.stringify([cluster, kubeConfig.getCurrentUser()]))
      .digest('hex'),
    credentials: () => {
      making ??= make(kubeConfig).finally(() => {
        making = undefined
      })
      return making
    },
  }
  kubeConfigs.set(access, kubeConfig)
  return access
}

async function make(kubeConfig: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {}
  await kubeConfig.applyToHTTPSOptions(options)
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized, headers } = options
  const tls = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }
  return {
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])),
  }
}
