/**
 * An API server for Leases, in this process: real HTTP on the loopback interface, nothing leaves the machine.
 *
 * It keeps the rules of a real one as far as Leases, their owners and their clients are concerned, and can be told to
 * misbehave (`faults`) in the ways networks and real ones do.
 */
import type { KubeConfig } from '@kubernetes/client-node'
import type { AdmissionPlugin } from './access/admission.ts'
import { ADMIN, Identities } from './access/identities.ts'
import { Rbac } from './access/rbac.ts'
import { Faults } from './faults.ts'
import { Capacity, type CapacityLimits } from './http/capacity.ts'
import { certificateFor, type ServerCertificate } from './http/certificates.ts'
import type { HttpRequest, HttpResponse } from './http/exchange.ts'
import { Listener } from './http/listener.ts'
import { type Backend, handleRequest, type RecordedRequest } from './http/request-handler.ts'
import type { FeatureGates } from './objects/resources.ts'
import { LEASES, NAMESPACES, PODS, RESOURCES, servedWith } from './objects/resources.ts'
import type { StoredObject } from './objects/stored-object.ts'
import { Collection, putRaw } from './storage/collection.ts'
import { startGarbageCollector } from './storage/garbage-collector.ts'
import { type Change, Store, timestamp } from './storage/store.ts'
import { Watches } from './storage/watches.ts'

export interface LeaseServerOptions {
  /**
   * HTTPS with a certificate made for this process, which its kubeconfigs trust. Default true. False: plain HTTP, over
   * which kubectl and clients in Go send no token.
   */
  readonly tls?: boolean
  /** Offers HTTP/2 beside HTTP/1.1 to clients with TLS. Default true, as on a real server. */
  readonly http2?: boolean
  /** Where it listens: an address of this machine, IPv4 or IPv6, or a name of it. Default 127.0.0.1. */
  readonly host?: string
  /** Default: a free one. */
  readonly port?: number
  /** Beta features, which are off by default as in a real server. */
  readonly featureGates?: FeatureGates
  /**
   * Admission that is not always on. `OwnerReferencesPermissionEnforcement`, as OpenShift has it: only who may `delete` a
   * Lease may set or change its owners, else 403.
   */
  readonly enableAdmissionPlugins?: readonly AdmissionPlugin[]
  /**
   * Serves so many requests at one time, each for so many milliseconds; the others wait, first come, first served, and
   * are served even if their client has gone. Default: as many as come, at once. See also `setCapacity`.
   */
  readonly capacity?: CapacityLimits
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
      reset: (request) => this.#listener.reset(request),
      sleep: (milliseconds) => this.#sleep(milliseconds),
    }
    this.createNamespace(DEFAULT_NAMESPACE)
    this.setCapacity(capacity)
  }

  get url(): string {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host
    return `${this.#certificate ? 'https' : 'http'}://${host}:${this.#port}`
  }

  /** What was asked, by whom, in order; of very many requests the latest. */
  get requests(): readonly RecordedRequest[] {
    return this.#backend.requests
  }

  /** Connections accepted so far. */
  get connections(): number {
    return this.#listener.accepted
  }

  get openConnections(): number {
    return this.#listener.open
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
    if (!this.#kubeConfigClass) throw new Error('this server was started without client-node: see `kubeConfigYaml`.')
    const kubeConfig = new this.#kubeConfigClass()
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

  #podObject(name: string, namespace: string): StoredObject {
    this.createNamespace(namespace)
    return (
      this.#store.get(PODS.resource, namespace, name) ??
      this.#store.create(PODS.resource, { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } })
    )
  }
}
