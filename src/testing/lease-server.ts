/**
 * An API server for Leases, in this process: real HTTP on the loopback interface, nothing leaves the machine.
 *
 * It keeps the rules of a real one as far as Leases, their owners and their clients are concerned, and can be told to
 * misbehave (`faults`) in the ways networks and real ones do.
 */
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import { createCertificate, type ServerCertificate } from './certificates.ts'
import { Collection, putRaw } from './collection.ts'
import { Faults } from './faults.ts'
import { startGarbageCollector } from './garbage-collector.ts'
import { answerClientError } from './http.ts'
import { ADMIN, Identities } from './identities.ts'
import { answerMalformedRequests } from './malformed-requests.ts'
import { Rbac } from './rbac.ts'
import { type Backend, handleRequest, type RecordedRequest } from './request-handler.ts'
import { LEASES, NAMESPACES, PODS, RESOURCES } from './resources.ts'
import { type Change, Store, type StoredObject, timestamp } from './store.ts'
import { Watches } from './watches.ts'

export interface LeaseServerOptions {
  /** HTTPS with a certificate made for this server, which its kubeconfigs trust. Default false: plain HTTP. */
  readonly tls?: boolean
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default: a free one. */
  readonly port?: number
  /** How many changes are kept: a watch from before them is told 410. Default 1000. */
  readonly historySize?: number
  /** Milliseconds between the bookmarks of a watch that allows them. Default 60,000, as on a real server. */
  readonly bookmarkInterval?: number
}

/** Who a pod is, in the form of the election's options: spread it into them. */
export interface PodHandle {
  readonly kubeConfig: KubeConfig
  readonly namespace: string
  readonly identity: string
  readonly owner: { readonly apiVersion: 'v1'; readonly kind: 'Pod'; readonly name: string; readonly uid: string }
}

/** What happened to a Lease, and its state after it (before it, where it was deleted). */
export type LeaseChange = Pick<Change, 'type' | 'version' | 'object'>

export interface PodOptions {
  /** Created where it is absent. Default `default`. */
  readonly namespace?: string
  readonly serviceAccount?: string
}

const DEFAULT_NAMESPACE = 'default'

/** Starts a server on a free port; `await using` closes it at the end of the block. */
export async function startLeaseServer(options: LeaseServerOptions = {}): Promise<LeaseServer> {
  const host = options.host ?? '127.0.0.1'
  const certificate = options.tls ? await createCertificate(host) : undefined
  const server = new LeaseServer(host, certificate, options)
  await server.listen(options.port ?? 0)
  return server
}

export class LeaseServer implements AsyncDisposable {
  /** Faults to inject, by identity, verb or request. */
  readonly faults = new Faults()
  /** Who may do what; without any role, everybody may do everything. */
  readonly rbac = new Rbac(DEFAULT_NAMESPACE)

  readonly #host: string
  readonly #certificate: ServerCertificate | undefined
  readonly #store: Store
  readonly #identities = new Identities()
  readonly #watches: Watches
  readonly #backend: Backend
  readonly #sockets = new Set<Socket>()
  readonly #sleepers = new Map<NodeJS.Timeout, (hasElapsed: false) => void>()
  readonly #collector: { stop(): void }
  #server: http.Server
  #port = 0
  #connections = 0

  /** @internal Use `startLeaseServer`. */
  constructor(
    host: string,
    certificate: ServerCertificate | undefined,
    { historySize = 1000, bookmarkInterval = 60_000 }: LeaseServerOptions,
  ) {
    this.#store = new Store({ historySize })
    this.#host = host
    this.#certificate = certificate
    this.#watches = new Watches(this.#store, this.faults, bookmarkInterval)
    this.#collector = startGarbageCollector(this.#store)
    this.#backend = {
      store: this.#store,
      collections: new Map(RESOURCES.map((resource) => [resource.resource, new Collection(this.#store, resource)])),
      rbac: this.rbac,
      watches: this.#watches,
      faults: this.faults,
      identities: this.#identities,
      requests: [],
      sleep: (milliseconds) => this.#sleep(milliseconds),
    }
    this.#server = this.#createServer()
    this.createNamespace(DEFAULT_NAMESPACE)
  }

  get url(): string {
    return `${this.#certificate ? 'https' : 'http'}://${this.#host}:${this.#port}`
  }

  /** What was asked, by whom, in order; of very many requests the latest. */
  get requests(): readonly RecordedRequest[] {
    return this.#backend.requests
  }

  /** Connections accepted so far. */
  get connections(): number {
    return this.#connections
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  get openWatches(): number {
    return this.#watches.size
  }

  /** Leases, as a test looks at them and tampers with them: no rights, no faults, no validation. */
  readonly leases = {
    get: (name: string, namespace = DEFAULT_NAMESPACE): StoredObject | undefined =>
      this.#store.get(LEASES.resource, namespace, name),
    list: (namespace?: string): StoredObject[] => this.#store.list(LEASES.resource, namespace),
    put: (lease: Record<string, unknown>, namespace = DEFAULT_NAMESPACE): StoredObject =>
      putRaw(this.#store, namespace, lease),
    delete: (name: string, namespace = DEFAULT_NAMESPACE): void =>
      void this.#store.delete(LEASES.resource, namespace, name),
    /** Tells every change, in order, until it is disposed of. */
    onChange: (listener: (change: LeaseChange) => void): Disposable => {
      const unsubscribe = this.#store.subscribe((change) => {
        if (change.resource === LEASES.resource) listener(change)
      })
      return { [Symbol.dispose]: unsubscribe }
    },
  }

  /** A client-node KubeConfig with the token of this identity; without one, of an administrator. */
  kubeConfig(identity: string = ADMIN): KubeConfig {
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromString(this.kubeConfigYaml(identity))
    return kubeConfig
  }

  /** The same as text (JSON, which is YAML), for a file that KUBECONFIG names. */
  kubeConfigYaml(identity: string = ADMIN, namespace = DEFAULT_NAMESPACE): string {
    const cluster = this.#certificate
      ? { server: this.url, 'certificate-authority-data': this.#certificate.authorityData }
      : { server: this.url, 'insecure-skip-tls-verify': true }
    const token = this.#identities.tokenOf(identity)
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: identity, user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: identity, namespace } }],
      'current-context': 'test',
    })
  }

  /** Creates a namespace where it is absent. `default` is there from the start. */
  createNamespace(name: string): void {
    if (this.#store.get(NAMESPACES.resource, '', name)) return
    this.#store.create(NAMESPACES.resource, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} })
  }

  /** The namespace begins to terminate: nothing new is created in it, its content goes, and then it does. */
  deleteNamespace(name: string): void {
    const namespace = this.#store.get(NAMESPACES.resource, '', name)
    if (!namespace) return
    const metadata = { ...namespace.metadata, deletionTimestamp: timestamp() }
    this.#store.replace(NAMESPACES.resource, { ...namespace, metadata })
  }

  /** The pod of this name, created where it is absent; with a service account, it has the rights of that. */
  pod(name: string, { namespace = DEFAULT_NAMESPACE, serviceAccount }: PodOptions = {}): PodHandle {
    if (serviceAccount) this.#identities.bind(name, serviceAccount, namespace)
    const { uid } = this.#podObject(name, namespace).metadata
    const owner = { apiVersion: 'v1', kind: 'Pod', name, uid } as const
    return { kubeConfig: this.kubeConfig(name), namespace, identity: name, owner }
  }

  /** The environment that the pod's containers would have. */
  podEnv(name: string, { namespace = DEFAULT_NAMESPACE }: { namespace?: string } = {}) {
    const { uid } = this.#podObject(name, namespace).metadata
    return { POD_NAME: name, POD_UID: uid, POD_NAMESPACE: namespace }
  }

  /** The pod begins to terminate; it still counts as an owner until it is deleted. */
  terminatePod(name: string, { namespace = DEFAULT_NAMESPACE }: { namespace?: string } = {}): void {
    const pod = this.#podObject(name, namespace)
    this.#store.replace(PODS.resource, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: timestamp() } })
  }

  /** The pod is gone, and with it the Leases that only it owned. Its processes are not touched. */
  deletePod(name: string, { namespace = DEFAULT_NAMESPACE }: { namespace?: string } = {}): void {
    this.#store.delete(PODS.resource, namespace, name)
  }

  /** Gives the identity a new token and refuses the old one; returns the new one. */
  rotateToken(identity: string): string {
    return this.#identities.rotate(identity)
  }

  /** Forgets the history: watches from older versions are told 410. */
  compact(): void {
    this.#store.compact()
  }

  /** Counts on from an earlier resourceVersion, as a cluster does that was restored from a backup. */
  rewind(resourceVersion: bigint): void {
    this.#store.rewind(resourceVersion)
  }

  /** Ends every connection and comes back on the same port, with its data unless told otherwise. */
  async restart({ keepData = true }: { keepData?: boolean } = {}): Promise<void> {
    const port = this.#port
    await this.#stopListening()
    if (!keepData) {
      this.#store.reset()
      this.createNamespace(DEFAULT_NAMESPACE)
    }
    this.#server = this.#createServer()
    await this.listen(port)
  }

  /** @internal */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, this.#host, resolve)
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Ends every connection, answered or not, and leaves nothing behind. */
  async close(): Promise<void> {
    this.#collector.stop()
    await this.#stopListening()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #createServer(): http.Server {
    const handle: http.RequestListener = (request, response) => {
      // A client that hangs up in the middle is no error of the server's.
      request.on('error', () => {})
      response.on('error', () => {})
      void handleRequest(this.#backend, request, response)
    }
    const { key, cert } = this.#certificate ?? {}
    const server = this.#certificate ? https.createServer({ key, cert }, handle) : http.createServer(handle)
    answerMalformedRequests(server)
    // Kubernetes keeps idle connections for longer than the default of five seconds.
    server.keepAliveTimeout = 90_000
    server.on('clientError', answerClientError)
    server.on('connection', (socket) => {
      this.#connections += 1
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    return server
  }

  async #stopListening(): Promise<void> {
    for (const [timer, wake] of this.#sleepers) {
      clearTimeout(timer)
      wake(false)
    }
    this.#sleepers.clear()
    this.#watches.endAll()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #sleep(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#sleepers.delete(timer)
        resolve(true)
      }, milliseconds)
      this.#sleepers.set(timer, resolve)
    })
  }

  #podObject(name: string, namespace: string): StoredObject {
    this.createNamespace(namespace)
    return (
      this.#store.get(PODS.resource, namespace, name) ??
      this.#store.create(PODS.resource, { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } })
    )
  }
}
