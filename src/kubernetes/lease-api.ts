/**
 * Leases on an API server, through client-node's `CoordinationV1Api` over our own connection.
 *
 * Every call ends: with an answer, with a typed error, or after its timeout, which destroys the connection. A write
 * that timed out may still be committed. Writes of an existing Lease are conditional on its uid and resourceVersion.
 */
import type { CoordinationV1Api, RequestContext } from '@kubernetes/client-node'
import type { Clock } from '../clock.ts'
import { type ApiRequest, TransientApiError } from '../errors.ts'
import { type LeaseBody, type LeasePatch, type LeaseRecord, type Preconditions, parseLease } from '../lease.ts'
import { errorForAnswer, errorForFailure, type FailedAnswer, isNotFound } from './api-errors.ts'
import { Connection } from './connection.ts'
import { importClientNode, type KubeConfigSource } from './kube-config.ts'
import { type LeaseWatchListener, streamLeases } from './lease-watch.ts'
import type { OpenStream } from './watch-hub.ts'

/** Which Lease. Without a namespace, the one of the kubeconfig's context, else `default`. */
export interface LeaseRef {
  readonly name: string
  readonly namespace: string | undefined
}

export interface CallOptions {
  /** Milliseconds until the attempt is given up and its connection destroyed. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** What the election needs of an API server: the seam at which a simulation takes its place. */
export interface LeaseApi {
  /** The Lease, or undefined where there is none. */
  read(lease: LeaseRef, options: CallOptions): Promise<LeaseRecord | undefined>
  create(lease: LeaseRef, body: LeaseBody, options: CallOptions): Promise<LeaseRecord>
  patch(lease: LeaseRef, patch: LeasePatch, options: CallOptions): Promise<LeaseRecord>
  delete(lease: LeaseRef, preconditions: Preconditions, options: CallOptions): Promise<void>
  /** Tells the listener what happens until the stream ends; rejects where it ended by an error. */
  watch(lease: LeaseRef, listener: LeaseWatchListener, signal: AbortSignal): Promise<void>
  /** Says that an election begins; returns what to call at its end. The last one closes the connections. */
  acquire(): () => void
}

const USER_AGENT = 'kubernetes-leader-election'
/** Names us in `metadata.managedFields`, so that one sees who wrote what. */
const FIELD_MANAGER = 'kubernetes-leader-election'

export class KubernetesLeaseApi implements LeaseApi {
  readonly #connection: Connection
  readonly #clock: Clock
  #client: Promise<Client> | undefined

  constructor(options: { kubeConfig?: KubeConfigSource | undefined; clock: Clock }) {
    this.#connection = new Connection(options.kubeConfig)
    this.#clock = options.clock
  }

  async read(lease: LeaseRef, options: CallOptions): Promise<LeaseRecord | undefined> {
    return this.#attempt('get', lease, options, async ({ api, configure }, request, signal) => {
      try {
        const found = await api.readNamespacedLease(request, configure(signal))
        return recordOf(found, request)
      } catch (error) {
        if (isApiException(error) && isNotFound(answerOf(error))) return undefined
        throw error
      }
    })
  }

  async create(lease: LeaseRef, body: LeaseBody, options: CallOptions): Promise<LeaseRecord> {
    return this.#attempt('create', lease, options, async ({ api, configure, toModel }, request, signal) => {
      const parameters = { namespace: request.namespace, body: toModel(body), fieldManager: FIELD_MANAGER }
      return recordOf(await api.createNamespacedLease(parameters, configure(signal)), request)
    })
  }

  async patch(lease: LeaseRef, patch: LeasePatch, options: CallOptions): Promise<LeaseRecord> {
    return this.#attempt('patch', lease, options, async ({ api, configure }, request, signal) => {
      const parameters = { ...request, body: patch, fieldManager: FIELD_MANAGER }
      const mergePatch = configure(signal, { 'Content-Type': 'application/merge-patch+json' })
      return recordOf(await api.patchNamespacedLease(parameters, mergePatch), request)
    })
  }

  async delete(lease: LeaseRef, preconditions: Preconditions, options: CallOptions): Promise<void> {
    await this.#attempt('delete', lease, options, async ({ api, configure }, request, signal) => {
      await api.deleteNamespacedLease({ ...request, body: { preconditions } }, configure(signal))
    })
  }

  async watch(lease: LeaseRef, listener: LeaseWatchListener, signal: AbortSignal): Promise<void> {
    let request: ApiRequest = { verb: 'watch', name: lease.name, namespace: lease.namespace ?? '' }
    const open: OpenStream = (...stream) => streamLeases(this.#connection, ...stream, this.#clock)
    try {
      request = { ...request, namespace: await this.#namespaceOf(lease) }
      const hub = await this.#connection.watchHub()
      await hub.watch(open, request, listener, signal)
    } catch (error) {
      throw errorForFailure(request, error)
    }
  }

  acquire(): () => void {
    return this.#connection.acquire()
  }

  /** One attempt with its own timeout; whatever goes wrong becomes a typed error. */
  async #attempt<Result>(
    verb: ApiRequest['verb'],
    lease: LeaseRef,
    { timeout, signal }: CallOptions,
    call: (client: Client, request: ApiRequest, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const attempt = new AbortController()
    const abort = () => attempt.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const timer = this.#clock.setTimeout(() => attempt.abort(new Error(`no answer within ${timeout} ms`)), timeout)
    let request: ApiRequest = { verb, name: lease.name, namespace: lease.namespace ?? '' }
    try {
      return await orAborted(attempt.signal, async () => {
        request = { ...request, namespace: await this.#namespaceOf(lease) }
        return call(await this.#connect(), request, attempt.signal)
      })
    } catch (error) {
      throw isApiException(error) ? errorForAnswer(request, answerOf(error)) : errorForFailure(request, error)
    } finally {
      this.#clock.clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  async #namespaceOf({ namespace }: LeaseRef): Promise<string> {
    if (namespace) return namespace
    return (await this.#connection.access()).namespace ?? 'default'
  }

  #connect(): Promise<Client> {
    this.#client ??= createClient(this.#connection)
    return this.#client
  }
}

/** client-node's API object over our connection, and how to give a call its signal and headers. */
interface Client {
  readonly api: CoordinationV1Api
  readonly configure: (signal: AbortSignal, headers?: Record<string, string>) => ConfigurationOptions
  readonly toModel: (body: LeaseBody) => Parameters<CoordinationV1Api['createNamespacedLease']>[0]['body']
}

type ConfigurationOptions = NonNullable<Parameters<CoordinationV1Api['readNamespacedLease']>[1]>

async function createClient(connection: Connection): Promise<Client> {
  const clientNode = await importClientNode()
  // Paths only: the connection knows the server. The base is needed to form a URL at all.
  const base = 'http://server'
  const sendWith = (signal: AbortSignal, extraHeaders: Record<string, string>) => async (context: RequestContext) => {
    const { status, headers, body } = await connection.send({
      method: context.getHttpMethod(),
      path: context.getUrl().slice(base.length),
      headers: { ...context.getHeaders(), 'User-Agent': USER_AGENT, ...extraHeaders },
      body: context.getBody() as string | undefined,
      signal,
    })
    // `stream` is part of a body since client-node 2.
    const content = { text: async () => body, binary: async () => Buffer.from(body), stream: () => null }
    return new clientNode.ResponseContext(status, headers, content)
  }
  const configuration = clientNode.createConfiguration({ baseServer: new clientNode.ServerConfiguration(base, {}) })
  return {
    api: new clientNode.CoordinationV1Api(configuration),
    configure: (signal, headers = {}) => ({
      ...configuration,
      httpApi: clientNode.wrapHttpLibrary({ send: sendWith(signal, headers) }),
    }),
    // client-node serializes these fields from its own date class, with the six digits that the API demands.
    toModel: (body) => ({
      ...body,
      metadata: { ...body.metadata, ownerReferences: [...(body.metadata.ownerReferences ?? [])] },
      spec: {
        ...body.spec,
        acquireTime: new clientNode.V1MicroTime(body.spec.acquireTime!),
        renewTime: new clientNode.V1MicroTime(body.spec.renewTime!),
      },
    }),
  }
}

/** client-node's `ApiException`, by shape: the class may come from another copy of the package. */
function isApiException(
  error: unknown,
): error is Error & { code: number; body: unknown; headers: Record<string, string> } {
  return error instanceof Error && typeof (error as { code?: unknown }).code === 'number' && 'headers' in error
}

function answerOf({
  code,
  body,
  headers,
}: {
  code: number
  body: unknown
  headers: Record<string, string>
}): FailedAnswer {
  return { status: code, headers, body }
}

function recordOf(lease: unknown, request: ApiRequest): LeaseRecord {
  const record = parseLease(lease)
  if (record) return record
  throw new TransientApiError(
    `${request.verb} lease ${request.namespace}/${request.name}: the answer is not a Lease with uid and resourceVersion`,
    request,
  )
}

/** Rejects as soon as the signal aborts, even where what runs takes no notice of it, such as a credential plug-in. */
function orAborted<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    run()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}
