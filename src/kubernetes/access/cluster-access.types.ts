/** What a connection must know of the cluster: where the API server is, and how one is let in. */
import type { ConnectionOptions } from 'node:tls'

/** Where the API server is and how to be let in. It does not change; what it reads may: see `credentials`. */
export interface ClusterAccess {
  /** URL of the API server, without a trailing slash; it may have a path. */
  readonly server: string
  /** Of the kubeconfig's context, or of the service account. */
  readonly namespace: string | undefined
  /** The kubeconfig's `proxy-url`. A proxy that the environment names is the connection's own business. */
  readonly proxyUrl: string | undefined
  /**
   * Equal for those who may share connections and watch streams: the same server, authorities, proxy and credentials,
   * or the same source of them. A keyed hash: it tells no secret, and means nothing to another process.
   */
  readonly key: string
  /**
   * For the next connection and the next request: read anew, so that a rotated token or certificate is picked up.
   * Those who ask while a credential plug-in runs share what it tells; one that hangs is started once a minute.
   */
  credentials(): Promise<Credentials>
}

export interface Credentials {
  /** For a new connection to the server, whatever it goes through. */
  readonly tls: TlsOptions
  /** `Authorization`, `Impersonate-User` and the like; several values mean several lines of that name. */
  readonly headers: Readonly<Record<string, string | string[]>>
}

export type TlsOptions = Pick<ConnectionOptions, (typeof TLS_OPTIONS)[number]>

/** Those of Node.js that may come with credentials: of a kubeconfig, or set by an application's own authenticator. */
export const TLS_OPTIONS = [
  'ca',
  'cert',
  'ciphers',
  'crl',
  'key',
  'maxVersion',
  'minVersion',
  'passphrase',
  'pfx',
  'rejectUnauthorized',
  'secureOptions',
  'servername',
  'sigalgs',
] as const satisfies readonly (keyof ConnectionOptions)[]
