/** A client-node `KubeConfig` that the application gives: of whichever version, asked for credentials each time. */
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { KubeConfigError } from '../../errors.ts'
import { type ClusterAccess, type Credentials, TLS_OPTIONS, type TlsOptions } from './cluster-access.types.ts'
import { newAccess } from './new-access.ts'

/**
 * A client-node `KubeConfig`, or a function that returns one. The function is called at the start and again whenever
 * the API server refuses the credentials (401), so that it can return fresh ones.
 */
export type KubeConfigSource = KubeConfig | (() => KubeConfig | Promise<KubeConfig>)

/** client-node costs most of a second and 85 MB to import, so it is imported only where it is needed. */
export function importClientNode() {
  return import('./client-node.ts')
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

/** @throws KubeConfigError where it is something else. */
export async function resolveKubeConfig(source: KubeConfigSource): Promise<KubeConfig> {
  const kubeConfig: unknown = typeof source === 'function' ? await source() : source
  if (!isKubeConfig(kubeConfig)) {
    throw new KubeConfigError(
      `kubeConfig ${typeof source === 'function' ? 'returned' : 'is'} ${Object.prototype.toString.call(kubeConfig)}; ` +
        'expected a KubeConfig of @kubernetes/client-node, or a function that returns one.',
    )
  }
  return kubeConfig
}

/** @throws KubeConfigError where its current context leads to no server. */
export function accessByKubeConfig(kubeConfig: KubeConfig): ClusterAccess {
  const cluster = kubeConfig.getCurrentCluster()
  if (!cluster?.server) {
    throw new KubeConfigError(
      `the kubeconfig has no current cluster (current context: ${JSON.stringify(kubeConfig.getCurrentContext())}); ` +
        'set current-context to a context whose cluster has a server.',
    )
  }
  return newAccess({
    origin: 'the kubeconfig',
    server: cluster.server,
    skipTlsVerify: cluster.skipTLSVerify,
    namespace: kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace,
    proxyUrl: cluster.proxyUrl,
    identity: [cluster, kubeConfig.getCurrentUser(), authenticatorsOf(kubeConfig).map(numberOf)],
    read: () => credentialsOf(kubeConfig, cluster.server),
  })
}

/** The same credentials once more, but read anew: client-node keeps a token file's content for a minute. */
export async function renewKubeConfig(current: KubeConfig): Promise<KubeConfig> {
  const { KubeConfig } = await importClientNode()
  const fresh = new KubeConfig()
  fresh.loadFromOptions(current)
  // Authenticators that the caller added are not part of the options.
  for (const each of authenticatorsOf(current)) fresh.addAuthenticator(each)
  return fresh
}

async function credentialsOf(kubeConfig: KubeConfig, server: string): Promise<Credentials> {
  const now = kubeConfig.getCurrentCluster()?.server
  // Its current context may be set to another one at any time, and back; an election does not move.
  if (now !== server) {
    throw new Error(
      `the current context of the given KubeConfig led to ${server}, and now to ${now}; an election stays where it is, ` +
        'so give it a KubeConfig of its own.',
    )
  }
  const options: RequestOptions = {}
  await kubeConfig.applyToHTTPSOptions(options)
  return credentialsIn(options)
}

/** What client-node and its authenticators set on the options of a request. */
export function credentialsIn({ auth, headers, ...options }: RequestOptions): Credentials {
  const found: Record<string, string | string[]> = auth ? { Authorization: basic(auth) } : {}
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) found[name] = Array.isArray(value) ? value : String(value)
  }
  const tls: TlsOptions = Object.fromEntries(
    TLS_OPTIONS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
  return { tls, headers: found }
}

/** The `Authorization` of a user's name and password, given with a colon between them. */
export function basic(userAndPassword: string): string {
  return `Basic ${Buffer.from(userAndPassword).toString('base64')}`
}

type Authenticator = Parameters<KubeConfig['addAuthenticator']>[0]

function authenticatorsOf(kubeConfig: KubeConfig): readonly Authenticator[] {
  /* v8 ignore next -- a look-alike of a KubeConfig may have no such list */
  return (kubeConfig as unknown as { custom_authenticators?: Authenticator[] }).custom_authenticators ?? []
}

const numbers = new WeakMap<Authenticator, number>()
let lastNumber = 0

/** Authenticators are code: only the same one is sure to give the same credentials. */
function numberOf(authenticator: Authenticator): number {
  let number = numbers.get(authenticator)
  if (number === undefined) {
    lastNumber += 1
    number = lastNumber
    numbers.set(authenticator, number)
  }
  return number
}
