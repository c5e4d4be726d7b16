/**
 * An API server for Leases, in this process: real HTTP on the loopback interface, nothing leaves the machine.
 *
 * It keeps the rules of a real one as far as Leases, their owners and their clients are concerned, and can be told to
 * misbehave (`faults`) in the ways networks and real ones do.
 */
import type { KubeConfig } from '@kubernetes/client-node'
import { ADMIN, Identities } from './access/identities.ts'
import { kubeConfigText } from './access/kubeconfig-text.ts'
import { Rbac } from './access/rbac.ts'
import { Faults } from './faults.ts'
import type { Backend } from './http/backend.ts'
import type { RecordedRequest } from './http/call.ts'
import { Capacity, type CapacityLimits } from './http/capacity.ts'
import { certificateFor, type ServerCertificate } from './http/certificates.ts'
import type { HttpRequest, HttpResponse } from './http/exchange.ts'
import { Listener } from './http/listener.ts'
import { handleRequest } from './http/request-handler.ts'
import type { LeaseChange, LeaseServerOptions, PodHandle, PodOptions } from './lease-server.types.ts'
import { LEASES, RESOURCES, servedWith } from './objects/resources.ts'
import type { StoredObject } from './objects/stored-object.ts'
import { Collection } from './storage/collection.ts'
import { startGarbageCollector } from './storage/garbage-collector.ts'
import { createNamespace, terminateNamespace } from './storage/namespaces.ts'
import { deletePod, podOf, terminatePod } from './storage/pods.ts'
import { putRaw } from './storage/raw-leases.ts'
import { Store } from './storage/store.ts'
import { Watches } from './storage/watches.ts'

const DEFAULT_NAMESPACE = 'default'

/** Starts a server on a free port; `await using` closes it at the end of the block. */
export async function startLeaseServer(options: LeaseServerOptions = {}): Promise<LeaseServer> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  return startBareLeaseServer(options, KubeConfig)
}

/**
 * For the command line: without client-node, which costs most of a second to import, it starts at once, and has
 * `kubeConfigYaml` instead of `kubeConfig`.
 */
export async function startBareLeaseServer(
  options: LeaseServerOptions = {},
  kubeConfigClass?: typeof KubeConfig,
): Promise<LeaseServer> {
  const server = new LeaseServer(options, kubeConfigClass)
  await server.listen(options.port ?? 0)
  return server
}

/** An API server in this process, until it is closed or disposed of. */
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
  readonly #listener: Listener
  readonly #onRequest = new Set<(request: RecordedRequest) => void>()
  readonly #sleepers = new Map<NodeJS.Timeout, (hasElapsed: false) => void>()
  readonly #collector: { stop(): void }
  readonly #kubeConfigClass: typeof KubeConfig | undefined
  #capacity: Capacity | undefined
  #limits: CapacityLimits | undefined
  #port = 0

  /** @internal Use `startLeaseServer`. */
  constructor(
    {
      tls = true,
      http2 = true,
      host = '127.0.0.1',
      featureGates = {},
      enableAdmissionPlugins = [],
      capacity,
      historySize = 1000,
      bookmarkInterval = 60_000,
    }: LeaseServerOptions,
    kubeConfigClass?: typeof KubeConfig,
  ) {
    this.#kubeConfigClass = kubeConfigClass
    this.#store = new Store({ historySize })
    this.#host = host
    this.#certificate = tls ? certificateFor(host) : undefined
    const handle = (request: HttpRequest, response: HttpResponse) => {
      // A client that hangs up in the middle is no error of the server's.
      request.on('error', () => {})
      response.on('error', () => {})
      void handleRequest(this.#backend, request, response)
    }
    this.#listener = new Listener({ host, certificate: this.#certificate, http2, handle })
    this.#watches = new Watches(this.#store, this.faults, bookmarkInterval)
    this.#collector = startGarbageCollector(this.#store)
    this.#backend = {
      store: this.#store,
      collections: new Map(
        RESOURCES.map((resource) => [
          resource.resource,
          new Collection(this.#store, resource, { featureGates, enableAdmissionPlugins }),
        ]),
      ),
      served: servedWith(featureGates),
      enter: () => this.#capacity?.enter() ?? 0,
      rbac: this.rbac,
      watches: this.#watches,
      faults: this.faults,
      identities: this.#identities,
      requests: [],
      tell: (request) => {
        for (const listener of this.#onRequest) listener(request)
      },
      reset: (request) => this.#listener.reset(request),
      sleep: (milliseconds) => this.#sleep(milliseconds),
    }
    this.createNamespace(DEFAULT_NAMESPACE)
    this.setCapacity(capacity)
  }

  /** `https://127.0.0.1:PORT`, or what the options make of it. */
  get url(): string {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host
    return `${this.#certificate ? 'https' : 'http'}://${host}:${this.#port}`
  }

  /** What was asked, by whom, in order; of very many requests the latest. */
  get requests(): readonly RecordedRequest[] {
    return this.#backend.requests
  }

  /** Tells each request when it has come, when a fault strikes it, and when it was answered, until it is disposed of. */
  onRequest(listener: (request: RecordedRequest) => void): Disposable {
    this.#onRequest.add(listener)
    return { [Symbol.dispose]: () => void this.#onRequest.delete(listener) }
  }

  /** Connections accepted so far. */
  get connections(): number {
    return this.#listener.accepted
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#listener.open
  }

  /** Streams of watches that are open now. */
  get openWatches(): number {
    return this.#watches.size
  }

  /** Leases, as a test looks at them and tampers with them: no rights, no faults, no validation. */
  readonly leases = {
    /** The Lease, or undefined where there is none. */
    get: (name: string, namespace = DEFAULT_NAMESPACE): StoredObject | undefined =>
      this.#store.get(LEASES.resource, namespace, name),
    /** Those of a namespace, or all; ordered by namespace and name. */
    list: (namespace?: string): StoredObject[] => this.#store.list(LEASES.resource, namespace),
    /** Creates it, or replaces what is there. @throws TypeError without `metadata.name` */
    put: (lease: Record<string, unknown>, namespace = DEFAULT_NAMESPACE): StoredObject =>
      putRaw(this.#store, namespace, lease),
    /** One that is not there is no error. */
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
    if (!this.#kubeConfigClass) throw new Error('this server was started without client-node: see `kubeConfigYaml`.')
    const kubeConfig = new this.#kubeConfigClass()
    kubeConfig.loadFromString(this.kubeConfigYaml(identity))
    return kubeConfig
  }

  /** The same as text (JSON, which is YAML), for a file that KUBECONFIG names. */
  kubeConfigYaml(identity: string = ADMIN, namespace = DEFAULT_NAMESPACE): string {
    const token = this.#identities.tokenOf(identity)
    const authorityData = this.#certificate?.authorityData
    return kubeConfigText({ server: this.url, authorityData, identity, token, namespace })
  }

  /** Creates a namespace where it is absent. `default` is there from the start. */
  createNamespace(name: string): void {
    createNamespace(this.#store, name)
  }

  /** The namespace begins to terminate: nothing new is created in it, its content goes, and then it does. */
  deleteNamespace(name: string): void {
    terminateNamespace(this.#store, name)
  }

  /** The pod of this name, created where it is absent; with a service account, it has the rights of that. */
  pod(name: string, { namespace = DEFAULT_NAMESPACE, serviceAccount }: PodOptions = {}): PodHandle {
    if (serviceAccount) this.#identities.bind(name, serviceAccount, namespace)
    const { uid } = podOf(this.#store, namespace, name).metadata
    const owner = { apiVersion: 'v1', kind: 'Pod', name, uid } as const
    return { kubeConfig: this.kubeConfig(name), namespace, identity: name, owner }
  }

  /** The environment that the pod's containers would have. */
  podEnv(name: string, { namespace = DEFAULT_NAMESPACE }: { namespace?: string } = {}) {
    const { uid } = podOf(this.#store, namespace, name).metadata
    return { POD_NAME: name, POD_UID: uid, POD_NAMESPACE: namespace }
  }

  /** The pod begins to terminate; it still counts as an owner until it is deleted. */
  terminatePod(name: string, { namespace = DEFAULT_NAMESPACE }: { namespace?: string } = {}): void {
    terminatePod(this.#store, namespace, name)
  }

  /** The pod is gone, and with it the Leases that only it owned. Its processes are not touched. */
  deletePod(name: string, { namespace = DEFAULT_NAMESPACE }: { namespace?: string } = {}): void {
    deletePod(this.#store, namespace, name)
  }

  /** Gives the identity a new token and refuses the old one; returns the new one. */
  rotateToken(identity: string): string {
    return this.#identities.rotate(identity)
  }

  /** From now on it serves so many requests at once; undefined: as many as come. @throws RangeError */
  setCapacity(limits: CapacityLimits | undefined): void {
    this.#limits = limits
    this.#capacity = limits && new Capacity(limits)
  }

  /** Forgets the history: watches from older versions are told 410. */
  compact(): void {
    this.#store.compact()
  }

  /** Counts on from an earlier resourceVersion, as a cluster does that was restored from a backup. */
  rewind(resourceVersion: bigint): void {
    this.#store.rewind(resourceVersion)
  }

  /**
   * Ends every connection and comes back on the same port, with its data unless told otherwise. A real server is there
   * before it knows who may do what: with `authorizationDelay` it answers 403 for that many milliseconds to everybody
   * but the administrator, first in the usual words, then with `RBAC: role.rbac.authorization.k8s.io "NAME" not found`.
   */
  async restart({
    keepData = true,
    authorizationDelay = 0,
  }: {
    keepData?: boolean
    authorizationDelay?: number
  } = {}): Promise<void> {
    await this.#stopListening()
    if (!keepData) {
      this.#store.reset()
      this.createNamespace(DEFAULT_NAMESPACE)
    }
    this.setCapacity(this.#limits) // what waited is lost
    if (authorizationDelay > 0) this.rbac.forget(authorizationDelay)
    await this.listen(this.#port)
  }

  /** @internal */
  async listen(port: number): Promise<void> {
    this.#port = await this.#listener.listen(port)
  }

  /** Ends every connection, answered or not, and leaves nothing behind. */
  async close(): Promise<void> {
    this.#collector.stop()
    await this.#stopListening()
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #stopListening(): Promise<void> {
    for (const [timer, wake] of this.#sleepers) {
      clearTimeout(timer)
      wake(false)
    }
    this.#sleepers.clear()
    this.#watches.endAll()
    await this.#listener.stop()
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
}
