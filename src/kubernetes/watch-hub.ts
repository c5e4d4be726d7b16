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

  /** Tells the listener of one Lease until the stream that carries it ends. Returns what ends it before. */
  watch(open: OpenStream, request: ApiRequest, listener: LeaseWatchListener): () => void {
    const member: Member = { open, request, listener, stream: undefined }
    this.#join(member)
    return () => member.stream?.leave(member)
  }

  #join(member: Member): void {
    const namespace = this.#namespaceOf(member.request.namespace)
    const { streams } = namespace
    const stream = streams.get(ALL) ?? streams.get(member.request.name) ?? this.#open(namespace, member)
    stream.join(member)
  }

  #namespaceOf(name: string): Namespace {
    const namespace = this.#namespaces.get(name) ?? { streams: new Map(), isRestricted: false }
    this.#namespaces.set(name, namespace)
    return namespace
  }

  #open(namespace: Namespace, { open, request }: Member): SharedStream {
    const { streams, isRestricted } = namespace
    const selects = streams.size > 0 && !isRestricted ? ALL : request.name
    const stream = new SharedStream({
      // The others move over once it stands, and not before: it may be refused.
      opened: () => {
        if (selects === ALL) for (const other of [...streams.values()]) if (other !== stream) other.end()
      },
      ended: () => {
        if (streams.get(selects) === stream) streams.delete(selects)
      },
      left: (member, error) => {
        // Not allowed to look at all of them, or one that is no concern of ours can't be read: each watches its own.
        const isOfOthers = error instanceof ForbiddenError || error instanceof LongLineError
        if (selects !== ALL || !isOfOthers) return member.listener.ended(error)
        namespace.isRestricted = true
        this.#join(member)
      },
      changed: (name, record) => this.#versions.learn(leaseKey(request.namespace, name), record),
    })
    streams.set(selects, stream)
    stream.start((listener, signal) => open({ ...request, name: selects }, listener, signal))
    return stream
  }
}

/** One who watches a Lease. */
interface Member {
  readonly open: OpenStream
  readonly request: ApiRequest
  readonly listener: LeaseWatchListener
  /** That tells him at present. */
  stream: SharedStream | undefined
}

interface Hooks {
  opened(): void
  ended(): void
  /** The stream has ended under this member. */
  left(member: Member, error: unknown): void
  changed(name: string, record: LeaseRecord): void
}

/** Milliseconds for which members are told before other things of the process get their turn. */
const SLICE = 4

class SharedStream implements StreamListener {
  /** By the name of their Lease. */
  readonly #members = new Map<string, Member[]>()
  readonly #controller = new AbortController()
  readonly #hooks: Hooks
  #openedAt: Instant | undefined

  constructor(hooks: Hooks) {
    this.#hooks = hooks
  }

  start(open: (listener: StreamListener, signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#controller
    open(this, signal).then(
      () => this.#ended(undefined),
      // Ended by ourselves: in order, whatever the broken connection says.
      (error) => this.#ended(signal.aborted ? undefined : error),
    )
  }

  join(member: Member): void {
    const { name } = member.request
    const ofLease = this.#members.get(name)
    if (ofLease) ofLease.push(member)
    else this.#members.set(name, [member])
    member.stream = this
    if (this.#openedAt) member.listener.opened(this.#openedAt)
  }

  /** The last one to leave ends the stream. */
  leave(member: Member): void {
    const { name } = member.request
    const ofLease = this.#members.get(name)!
    ofLease.splice(ofLease.indexOf(member), 1)
    if (ofLease.length === 0) this.#members.delete(name)
    member.stream = undefined
    if (this.#members.size === 0) this.end()
  }

  end(): void {
    this.#hooks.ended()
    this.#controller.abort(new Error('nobody watches any more'))
  }

  opened(at: Instant): Promise<void> {
    this.#openedAt = at
    this.#hooks.opened()
    return this.#tell([...this.#members.values()].flat(), ({ listener }) => listener.opened(at))
  }

  changed(name: string, record: LeaseRecord, at: Instant): Promise<void> {
    this.#hooks.changed(name, record)
    return this.#tell([...(this.#members.get(name) ?? [])], ({ listener }) => listener.changed(record, at))
  }

  deleted(name: string, uid: string, at: Instant): Promise<void> {
    return this.#tell([...(this.#members.get(name) ?? [])], ({ listener }) => listener.deleted(uid, at))
  }

  async #ended(error: unknown): Promise<void> {
    this.#hooks.ended()
    await this.#tell([...this.#members.values()].flat(), (member) => {
      this.leave(member)
      this.#hooks.left(member, error)
    })
  }

  /** Tells one after another, who are still there; a thousand of them hold nothing else up. */
  async #tell(members: readonly Member[], tell: (member: Member) => void): Promise<void> {
    let since = performance.now()
    for (const member of members) {
      if (performance.now() - since > SLICE) {
        await nextTurn()
        since = performance.now()
      }
      if (member.stream === this) tell(member)
    }
  }
}
