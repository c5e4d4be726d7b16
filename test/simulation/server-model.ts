/**
 * A model of the API server as far as one Lease, and the pods that may own it, are concerned: atomic, versioned,
 * conditional. Remembers what was when, because its watch caches may lag behind.
 */

import { type LeaseRecord, parseLease, STEP_DOWN_ANNOTATION } from '../../src/lease/record.ts'
import type { LeaseBody, LeasePatch, Preconditions } from '../../src/lease/writes.ts'
import { mergePatch } from '../../src/testing/objects/merge-patch.ts'
import type { World } from './world.ts'

export type Outcome =
  | { readonly status: 200; readonly record: LeaseRecord | undefined }
  | { readonly status: 403 | 404 | 409 }

export type Told =
  | { readonly type: 'changed'; readonly record: LeaseRecord }
  | { readonly type: 'deleted'; readonly uid: string }

/** Who writes: a process, by its incarnation; else somebody by hand, or the garbage collector. */
export type Author = string
export const COLLECTOR = 'the garbage collector'

/** What a write means, read off its content. */
export type WriteKind = 'acquire' | 'renew' | 'release' | 'edit'

/** A write that was carried out. */
export interface Commit {
  readonly by: Author
  readonly kind: WriteKind
  readonly before: LeaseRecord | undefined
  readonly after: LeaseRecord | undefined
}

/** A write that was sent without saying what it expects to find. */
export interface Unconditional {
  readonly by: Author
  readonly verb: string
}

interface Stored {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly ownerReferences?: readonly { readonly uid: string }[]
  }
}

export class ServerModel {
  readonly #world: World
  readonly #onCommit: (commit: Commit) => void
  readonly #onUnconditional: (write: Unconditional) => void
  readonly #livePods = new Set<string>()
  readonly #watchers = new Set<(told: Told) => void>()
  /** What a cache that lags shows: all states of the Lease, with the time from which they were true. */
  readonly #past: { readonly since: number; readonly record: LeaseRecord | undefined }[] = []
  #lease: Stored | undefined
  #record: LeaseRecord | undefined
  #version = 100
  #uids = 0
  /** Requests a second, one after the other; infinite where it is quick enough for whatever comes. */
  #capacity = Number.POSITIVE_INFINITY
  /** True time until which it has enough to do. */
  #busyUntil = 0
  /** Whether this one may give the Lease an owner: see OwnerReferencesPermissionEnforcement. */
  maySetOwners: (by: Author) => boolean = () => true

  constructor(world: World, on: { commit: (commit: Commit) => void; unconditional: (write: Unconditional) => void }) {
    this.#world = world
    this.#onCommit = on.commit
    this.#onUnconditional = on.unconditional
  }

  get record(): LeaseRecord | undefined {
    return this.#record
  }

  /** Requests queue up from now on, first come first served; returns what ends that, and forgets the queue. */
  limitTo(capacity: number): () => void {
    this.#capacity = capacity
    return () => {
      this.#capacity = Number.POSITIVE_INFINITY
      this.#busyUntil = 0
    }
  }

  get isLimited(): boolean {
    return this.#capacity !== Number.POSITIVE_INFINITY
  }

  /** A request has arrived: milliseconds until it has been served, after those that came before it. */
  queueUp(): number {
    if (!this.isLimited) return 0
    this.#busyUntil = Math.max(this.#world.now, this.#busyUntil) + 1_000 / this.#capacity
    return this.#busyUntil - this.#world.now
  }

  /** As from a cache that is this many milliseconds behind. */
  recordAgo(lag: number): LeaseRecord | undefined {
    return this.#past.findLast(({ since }) => since <= this.#world.now - lag)?.record
  }

  read(): Outcome {
    return { status: 200, record: this.#record }
  }

  create(by: Author, body: LeaseBody): Outcome {
    if (this.#lease) return { status: 409 }
    if (this.#changesOwners(body.metadata) && !this.maySetOwners(by)) return { status: 403 }
    this.#uids += 1
    this.#store(by, 'acquire', { ...body, metadata: { ...body.metadata, uid: `uid-${this.#uids}` } })
    return this.read()
  }

  patch(by: Author, patch: LeasePatch): Outcome {
    this.#audit(by, 'patch', patch.metadata)
    if (!this.#lease) return { status: 404 }
    if (!this.#meets(patch.metadata)) return { status: 409 }
    if (this.#changesOwners(patch.metadata) && !this.maySetOwners(by)) return { status: 403 }
    const { resourceVersion: _, uid: __, ...metadata } = patch.metadata
    this.#store(by, kindOf(patch), mergePatch(this.#lease, { ...patch, metadata }) as object)
    return this.read()
  }

  delete(by: Author, preconditions: Preconditions): Outcome {
    this.#audit(by, 'delete', preconditions)
    if (!this.#lease) return { status: 404 }
    if (!this.#meets(preconditions)) return { status: 409 }
    this.#remove(by, 'release')
    return this.read()
  }

  #changesOwners({ ownerReferences }: Pick<LeasePatch['metadata'], 'ownerReferences'>): boolean {
    if (ownerReferences === undefined) return false
    return JSON.stringify(ownerReferences ?? []) !== JSON.stringify(this.#lease?.metadata.ownerReferences ?? [])
  }

  /** Somebody changes it with kubectl, conditionally on nothing. */
  editByHand(spec: Record<string, unknown>): void {
    if (this.#lease) this.#store('somebody', 'edit', mergePatch(this.#lease, { spec }) as object)
  }

  /** As `kubernetes-leader-election step-down` does. */
  askToStepDown(): void {
    const acquireTime = this.#record?.acquireTime
    if (!this.#lease || acquireTime === undefined) return
    const metadata = { annotations: { [STEP_DOWN_ANNOTATION]: acquireTime } }
    this.#store('somebody', 'edit', mergePatch(this.#lease, { metadata }) as object)
  }

  deleteByHand(): void {
    if (this.#lease) this.#remove('somebody', 'edit')
  }

  addPod(uid: string): void {
    this.#livePods.add(uid)
  }

  hasPod(uid: string): boolean {
    return this.#livePods.has(uid)
  }

  removePod(uid: string): void {
    this.#livePods.delete(uid)
    this.#collect()
  }

  /** Calls back with every change from now on; returns what ends it. */
  watch(onTold: (told: Told) => void): () => void {
    this.#watchers.add(onTold)
    return () => this.#watchers.delete(onTold)
  }

  /** The garbage collector comes by a little later: a Lease goes with the last of its owners. */
  #collect(): void {
    const owners = this.#lease?.metadata.ownerReferences ?? []
    if (owners.length === 0 || owners.some(({ uid }) => this.#livePods.has(uid))) return
    const { uid } = this.#lease!.metadata
    this.#world.after(500, () => {
      const present = this.#lease?.metadata.ownerReferences ?? []
      if (this.#lease?.metadata.uid !== uid || present.length === 0) return
      if (present.every((owner) => !this.#livePods.has(owner.uid))) this.#remove(COLLECTOR, 'edit')
    })
  }

  #meets({ uid, resourceVersion }: Partial<Preconditions>): boolean {
    const { metadata } = this.#lease!
    return (
      (uid === undefined || uid === metadata.uid) &&
      (resourceVersion === undefined || resourceVersion === metadata.resourceVersion)
    )
  }

  #store(by: Author, kind: WriteKind, lease: object): void {
    const before = this.#record
    // As the real one: what changes nothing gets no new version, and nobody is told.
    if (this.#lease && JSON.stringify(lease) === JSON.stringify(this.#lease)) return
    this.#version += 1
    const { metadata } = lease as Stored
    this.#lease = { ...lease, metadata: { ...metadata, resourceVersion: String(this.#version) } }
    this.#record = parseLease(this.#lease)!
    this.#past.push({ since: this.#world.now, record: this.#record })
    this.#onCommit({ by, kind, before, after: this.#record })
    this.#tell({ type: 'changed', record: this.#record })
    this.#collect()
  }

  #remove(by: Author, kind: WriteKind): void {
    const before = this.#record!
    this.#lease = undefined
    this.#record = undefined
    this.#version += 1
    this.#past.push({ since: this.#world.now, record: undefined })
    this.#onCommit({ by, kind, before, after: undefined })
    this.#tell({ type: 'deleted', uid: before.uid })
  }

  #tell(told: Told): void {
    for (const tell of [...this.#watchers]) tell(told)
  }

  #audit(by: Author, verb: string, { uid, resourceVersion }: Partial<Preconditions>): void {
    if (!uid || !resourceVersion) this.#onUnconditional({ by, verb })
  }
}

export function kindOf({ spec }: LeasePatch): WriteKind {
  if (spec.holderIdentity === '') return 'release'
  return spec.acquireTime === undefined ? 'renew' : 'acquire'
}
