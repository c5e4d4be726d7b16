/**
 * Leases on an API server, by JSON requests of our own.
 *
 * Every call ends: with an answer, with a typed error, or after its timeout, which cancels that request and no other. A
 * write that timed out may still be committed. Writes of an existing Lease are conditional on its uid and
 * resourceVersion; one whose version is known here to be outdated is refused as by the server, without being sent.
 */

import { type ApiRequest, ConflictError, TransientApiError } from '../errors.ts'
import type { Urgency } from '../lease/attempt.ts'
import type { Clock } from '../lease/clock.ts'
import { type LeaseRecord, parseLease } from '../lease/record.ts'
import type { LeaseBody, LeasePatch, Preconditions } from '../lease/writes.ts'
import type { KubeConfigSource } from './access/cluster-access.ts'
import { ApiClient, type HttpAnswer } from './api-client.ts'
import { describe, errorForAnswer, errorForFailure, isNotFound, parseJson } from './api-errors.ts'
import { type Bounds, bounded } from './http/bounds.ts'
import { leasesPath } from './lease-path.ts'
import type { LeaseWatchListener, OpenStream } from './lease-stream.ts'
import { type LeaseVersions, leaseKey } from './lease-versions.ts'
import { streamLeases } from './lease-watch.ts'
import type { WatchHub } from './watch-hub.ts'

/** Which Lease. Without a namespace, the one of the kubeconfig's context, else `default`. */
export interface LeaseRef {
  readonly name: string
  readonly namespace: string | undefined
}

export interface CallOptions {
  /** Milliseconds from its sending until the attempt is given up. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly urgency: Urgency
  /** Called at the moment before the request is sent: it may have waited for credentials, a connection or its turn. */
  readonly onSent: () => void
}

/** What the election needs of an API server: the seam at which a simulation takes its place. */
export interface LeaseApi {
  /** The Lease, or undefined where there is none. */
  read(lease: LeaseRef, options: CallOptions): Promise<LeaseRecord | undefined>
  create(lease: LeaseRef, body: LeaseBody, options: CallOptions): Promise<LeaseRecord>
  patch(lease: LeaseRef, patch: LeasePatch, options: CallOptions): Promise<LeaseRecord>
  delete(lease: LeaseRef, preconditions: Preconditions, options: CallOptions): Promise<void>
  /** Tells the listener what happens until the stream ends. Returns what ends it: nothing is told after that. */
  watch(lease: LeaseRef, listener: LeaseWatchListener): () => void
  /** Says that an election begins; returns what to call at its end. The last one closes the connections. */
  acquire(): () => void
}

/** Names us in `metadata.managedFields`, so that one sees who wrote what. */
const FIELD_MANAGER = 'fieldManager=kubernetes-leader-election'

export class KubernetesLeaseApi implements LeaseApi {
  readonly #client: ApiClient
  readonly #clock: Clock
  readonly #openStream: OpenStream = (...stream) => streamLeases(this.#client, ...stream, this.#clock)

  constructor(options: { kubeConfig?: KubeConfigSource | undefined; clock: Clock }) {
    this.#clock = options.clock
    this.#client = new ApiClient(options.kubeConfig, options.clock)
  }

  read(lease: LeaseRef, options: CallOptions): Promise<LeaseRecord | undefined> {
    return this.#attempt('get', lease, options, async (request, attempt) => {
      const call = { method: 'GET', path: leasesPath(request.namespace, request.name), urgency: options.urgency }
      // What keeps a term waits for nobody's read.
      if (options.urgency.purpose === 'keep') return this.#read(request, { ...call, ...attempt })
      const key = leaseKey(request.namespace, request.name)
      const { cluster, release } = await this.#client.share()
      try {
        return await cluster.reads.read(key, attempt, (shared) =>
          this.#read(request, { ...call, alone: `read ${key}`, ...shared }),
        )
      } finally {
        release()
      }
    })
  }

  create(lease: LeaseRef, body: LeaseBody, options: CallOptions): Promise<LeaseRecord> {
    return this.#attempt('create', lease, options, (request, attempt) =>
      this.#write(
        request,
        {
          method: 'POST',
          path: `${leasesPath(request.namespace)}?${FIELD_MANAGER}`,
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
          ...turnOf(request, options),
          ...attempt,
        },
        'absent',
      ),
    )
  }

  patch(lease: LeaseRef, patch: LeasePatch, options: CallOptions): Promise<LeaseRecord> {
    return this.#attempt('patch', lease, options, (request, attempt) =>
      this.#write(
        request,
        {
          method: 'PATCH',
          path: `${leasesPath(request.namespace, request.name)}?${FIELD_MANAGER}`,
          headers: { 'Content-Type': 'application/merge-patch+json' },
          body: JSON.stringify(patch),
          ...turnOf(request, options),
          ...attempt,
        },
        { preconditions: patch.metadata },
      ),
    )
  }

  delete(lease: LeaseRef, preconditions: Preconditions, options: CallOptions): Promise<void> {
    return this.#attempt('delete', lease, options, async (request, attempt) => {
      const call = {
        method: 'DELETE',
        path: leasesPath(request.namespace, request.name),
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions }),
        ...turnOf(request, options),
        ...attempt,
      }
      await this.#send(request, call, { preconditions }, (answer) => {
        if (!isSuccess(answer)) throw errorForAnswer(request, answer)
      })
    })
  }

  watch(lease: LeaseRef, listener: LeaseWatchListener): () => void {
    const request: ApiRequest = { verb: 'watch', name: lease.name, namespace: lease.namespace ?? '' }
    let isOver = false
    let leave = () => {
      isOver = true
    }
    this.#hub(lease).then(
      ({ hub, namespace }) => {
        if (!isOver) leave = hub.watch(this.#openStream, { ...request, namespace }, listener)
      },
      (error) => {
        if (!isOver) listener.ended(errorForFailure(request, error))
      },
    )
    return () => leave()
  }

  acquire(): () => void {
    return this.#client.acquire()
  }

  /** One attempt within its bounds; whatever goes wrong becomes a typed error. */
  async #attempt<Result>(
    verb: ApiRequest['verb'],
    lease: LeaseRef,
    options: CallOptions,
    call: (request: ApiRequest, attempt: Attempt) => Promise<Result>,
  ): Promise<Result> {
    let request: ApiRequest = { verb, name: lease.name, namespace: lease.namespace ?? '' }
    try {
      return await bounded(this.#clock, options, async (attempt) => {
        request = { ...request, namespace: await this.#namespaceOf(lease) }
        return call(request, attempt)
      })
    } catch (error) {
      throw errorForFailure(request, error)
    }
  }

  #read(request: ApiRequest, call: Call): Promise<LeaseRecord | undefined> {
    return this.#send(request, call, undefined, (answer, learn) => {
      if (isNotFound(answer)) return learn(undefined)
      if (!isSuccess(answer)) throw errorForAnswer(request, answer)
      return learn(recordOf(answer, request))
    })
  }

  #write(request: ApiRequest, call: Call, condition: Condition): Promise<LeaseRecord> {
    return this.#send(request, call, condition, (answer, learn) => {
      if (!isSuccess(answer)) throw errorForAnswer(request, answer)
      return learn(recordOf(answer, request))
    })
  }

  /** Sends a request; `learn` is to be told which version of the Lease was answered, or that there is none. */
  #send<Result>(
    request: ApiRequest,
    call: Call,
    condition: Condition | undefined,
    receive: (answer: HttpAnswer, learn: Learn) => Result,
  ): Promise<Result> {
    const key = leaseKey(request.namespace, request.name)
    let learn: Learn = (record) => record
    const onTurn: Call['onTurn'] = (versions, since) => {
      if (condition) refuseOutdated(request, condition, versions, since)
      const sentAt = versions.moment
      learn = (record) => {
        if (record) versions.learn(key, record, sentAt)
        else versions.forget(key, sentAt)
        return record
      }
    }
    return this.#client.send({ ...call, onTurn }, (answer) => receive(answer, learn))
  }

  /** What the Lease is watched by. The stream itself keeps the connection that it takes. */
  async #hub(lease: LeaseRef): Promise<{ hub: WatchHub; namespace: string }> {
    const namespace = await this.#namespaceOf(lease)
    const { cluster, release } = await this.#client.share()
    release()
    return { hub: cluster.hub, namespace }
  }

  async #namespaceOf({ namespace }: LeaseRef): Promise<string> {
    return namespace || (await this.#client.access()).namespace || 'default'
  }
}

type Attempt = Omit<Bounds, 'timeout'>
type Call = Parameters<ApiClient['send']>[0]
type Learn = <Found extends LeaseRecord | undefined>(record: Found) => Found

/** What a write depends on: that the Lease is of that version, or that there is none. */
type Condition = { readonly preconditions: Preconditions } | 'absent'

/** Of the claims of a process on one Lease only one is under way at a time. */
function turnOf({ namespace, name }: ApiRequest, { urgency }: CallOptions) {
  return { urgency, ...(urgency.purpose === 'claim' && { alone: `claim ${leaseKey(namespace, name)}` }) }
}

/** @throws ConflictError where the server would answer so: what was heard of the Lease is later than what is given. */
function refuseOutdated(request: ApiRequest, condition: Condition, versions: LeaseVersions, since: number): void {
  const key = leaseKey(request.namespace, request.name)
  const isOutdated =
    condition === 'absent'
      ? versions.hasHeardSince(key, since)
      : versions.isOutdated(key, condition.preconditions.resourceVersion)
  if (isOutdated) throw new ConflictError(`${describe(request)}: not sent, the Lease has changed meanwhile`, request)
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300
}

function recordOf({ body }: HttpAnswer, request: ApiRequest): LeaseRecord {
  const record = parseLease(parseJson(body))
  if (record) return record
  throw new TransientApiError(`${describe(request)}: the answer is not a Lease with uid and resourceVersion`, request)
}
