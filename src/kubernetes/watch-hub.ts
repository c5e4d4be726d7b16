/**
 * Shares watch streams among the elections of a process: one for each namespace, however many Leases are watched there.
 *
 * A single Lease is watched by its name, which is all that least RBAC allows. A second one in the namespace makes it one
 * stream for all of its Leases; where the rights do not reach that far, or one of them is too long to be read, each name
 * has a stream of its own.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ApiRequest, ForbiddenError } from '../errors.ts'
import type { Instant } from '../lease/clock.ts'
import type { LeaseRecord } from '../lease/record.ts'
import { ALL, type LeaseWatchListener, LongLineError, type OpenStream, type StreamListener } from './lease-stream.ts'
import { type LeaseVersions, leaseKey } from './lease-versions.ts'

interface Namespace {
  /** By the name that they select, or `ALL`. */
  readonly streams: Map<string, SharedStream>
  /** Watching all Leases was refused here, or one of them can't be read. */
  isRestricted: boolean
}

export class WatchHub {
  readonly #namespaces = new Map<string, Namespace>()
  readonly #versions: LeaseVersions

  /** What the streams tell is noted in `versions`. */
  constructor(versions: LeaseVersions) {
    this.#versions = versions
  }

  /** Tells the listener of one Lease until the stream that carries it ends, or the signal aborts. */
  async watch(open: OpenStream, request: ApiRequest, listener: LeaseWatchListener, signal: AbortSignal): Promise<void> {
    const namespace = this.#namespaceOf(request.namespace)
    const { streams } = namespace
    const stream = streams.get(ALL) ?? streams.get(request.name) ?? this.#open(namespace, open, request)
    try {
      await stream.join({ name: request.name, listener }, signal)
    } catch (error) {
      // Not allowed to look at all of them, or one that is no concern of ours can't be read: each watches its own.
      const isOfOthers = error instanceof ForbiddenError || error instanceof LongLineError
      if (stream.selects !== ALL || !isOfOthers) throw error
      namespace.isRestricted = true
      await this.watch(open, request, listener, signal)
    }
  }

  #namespaceOf(name: string): Namespace {
    const namespace = this.#namespaces.get(name) ?? { streams: new Map(), isRestricted: false }
    this.#namespaces.set(name, namespace)
    return namespace
  }

  #open({ streams, isRestricted }: Namespace, open: OpenStream, request: ApiRequest): SharedStream {
    const selects = streams.size > 0 && !isRestricted ? ALL : request.name
    const { namespace } = request
    const stream = new SharedStream(selects, {
      // The others move over once it stands, and not before: it may be refused.
      opened: () => {
        if (selects === ALL) for (const other of [...streams.values()]) if (other !== stream) other.end()
      },
      ended: () => {
        if (streams.get(selects) === stream) streams.delete(selects)
      },
      changed: (name, record) => this.#versions.learn(leaseKey(namespace, name), record),
    })
    streams.set(selects, stream)
    stream.start((listener, signal) => open({ ...request, name: selects }, listener, signal))
    return stream
  }
}

interface Member {
  readonly name: string
  readonly listener: LeaseWatchListener
}

interface Hooks {
  opened(): void
  ended(): void
  changed(name: string, record: LeaseRecord): void
}

/** Milliseconds for which members are told before other things of the process get their turn. */
const SLICE = 4

class SharedStream implements StreamListener {
  /** The one name that it selects, or `ALL`. */
  readonly selects: string
  /** By the name of their Lease. */
  readonly #members = new Map<string, Set<Member>>()
  readonly #controller = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #hooks: Hooks
  #openedAt: Instant | undefined

  constructor(selects: string, hooks: Hooks) {
    this.selects = selects
    this.#hooks = hooks
    this.#ended.promise.catch(() => {}) // each member awaits it for itself
  }

  start(open: (listener: StreamListener, signal: AbortSignal) => Promise<void>): void {
    open(this, this.#controller.signal)
      .finally(() => this.#hooks.ended())
      .then(this.#ended.resolve, (error) => {
        // Ended by ourselves: in order, whatever the broken connection says.
        if (this.#controller.signal.aborted) this.#ended.resolve()
        else this.#ended.reject(error)
      })
  }

  /** Settles as the stream does, or resolves when the signal aborts; the last one to leave ends the stream. */
  async join(member: Member, signal: AbortSignal): Promise<void> {
    const { name } = member
    const ofLease = this.#members.get(name) ?? new Set()
    this.#members.set(name, ofLease.add(member))
    if (this.#openedAt) member.listener.opened(this.#openedAt)
    const left = Promise.withResolvers<void>()
    const leave = () => left.resolve()
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    try {
      await Promise.race([this.#ended.promise, left.promise])
    } finally {
      signal.removeEventListener('abort', leave)
      ofLease.delete(member)
      if (ofLease.size === 0 && this.#members.get(name) === ofLease) this.#members.delete(name)
      if (this.#members.size === 0) this.end()
    }
  }

  end(): void {
    this.#hooks.ended()
    this.#controller.abort(new Error('nobody watches any more'))
  }

  opened(at: Instant): Promise<void> {
    this.#openedAt = at
    this.#hooks.opened()
    const members = [...this.#members.values()].flatMap((ofLease) => [...ofLease])
    return this.#tell(members, ({ listener }) => listener.opened(at))
  }

  changed(name: string, record: LeaseRecord, at: Instant): Promise<void> {
    this.#hooks.changed(name, record)
    return this.#tell([...(this.#members.get(name) ?? [])], ({ listener }) => listener.changed(record, at))
  }

  deleted(name: string, uid: string, at: Instant): Promise<void> {
    return this.#tell([...(this.#members.get(name) ?? [])], ({ listener }) => listener.deleted(uid, at))
  }

  /** Tells one after another, who are still there; a thousand of them hold nothing else up. */
  async #tell(members: readonly Member[], tell: (member: Member) => void): Promise<void> {
    let since = performance.now()
    for (const member of members) {
      if (performance.now() - since > SLICE) {
        await nextTurn()
        since = performance.now()
      }
      if (this.#members.get(member.name)?.has(member)) tell(member)
    }
  }
}
