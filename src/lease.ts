/**
 * The Lease record: how it is read, what a candidate has observed of it, and what to write into it.
 *
 * Pure: no clock is read and no request is sent here. Times come in as `Instant`s.
 * Trusted: only this process's monotonic clock, from the moment a *changed* record was received. The times inside the
 * record were written by other machines' clocks and are compared for change only, unless `maxClockSkew` is given.
 */
import type { Instant } from './clock.ts'
import type { OwnerReference, Settings } from './options.ts'

/** Tells two processes that share an identity apart: each writes its own value. */
export const INCARNATION_ANNOTATION = 'kubernetes-leader-election/incarnation'
/** Says which process that is, for those that can look it up: see `process-mark.ts`. */
export const PROCESS_ANNOTATION = 'kubernetes-leader-election/process'

/** What the election uses of a Lease, cleaned: garbage in a field counts as its absence. */
export interface LeaseRecord {
  readonly uid: string
  readonly resourceVersion: string
  /** Who holds it; undefined when nobody does (released, or never held). */
  readonly holder: string | undefined
  /** Milliseconds; undefined when missing or not a positive number of seconds. */
  readonly leaseDuration: number | undefined
  /** As written, compared for change. */
  readonly acquireTime: string | undefined
  readonly renewTime: string | undefined
  readonly transitions: number
  readonly incarnation: string | undefined
  /** The mark of the process that wrote it. */
  readonly process?: string | undefined
  readonly owners: readonly { readonly kind: string; readonly name: string; readonly uid: string }[]
  /** Set where Kubernetes' coordinated leader election decides who holds the Lease. */
  readonly strategy: string | undefined
  /** Who else lives under our identity: not in the Lease, but seen around this process (`neighbours.ts`). */
  readonly namesake?: Namesake | undefined
  /** In the name of this very process, though it did not write it: `own-writes.ts` tells. */
  readonly isStrange?: boolean | undefined
  /** Written by an election of this very process that has ended: seen around this process, too. */
  readonly isLeftBehind?: boolean | undefined
}

/** Another live candidate of our identity. */
export type Namesake =
  /** In this process, for the same Lease. */
  | { readonly kind: 'election' }
  /** In another process of this PID namespace, which wrote the record. */
  | { readonly kind: 'process'; readonly pid: number }
  /** Perhaps: what wrote the record is another thread of this process, or can't be looked up. */
  | { readonly kind: 'unclear' }

/** Reads a Lease as the API server sent it; undefined where it has no uid or resourceVersion and so is no stored object. */
export function parseLease(lease: unknown): LeaseRecord | undefined {
  const { metadata, spec } = fields(lease)
  const { uid, resourceVersion, annotations, ownerReferences } = fields(metadata)
  if (!text(uid) || !text(resourceVersion)) return undefined
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions, strategy } = fields(spec)
  return {
    uid: text(uid)!,
    resourceVersion: text(resourceVersion)!,
    holder: text(holderIdentity),
    leaseDuration: positive(leaseDurationSeconds) && (leaseDurationSeconds as number) * 1000,
    acquireTime: time(acquireTime),
    renewTime: time(renewTime),
    transitions: Number.isSafeInteger(leaseTransitions) ? Math.max(0, leaseTransitions as number) : 0,
    incarnation: text(fields(annotations)[INCARNATION_ANNOTATION]),
    process: text(fields(annotations)[PROCESS_ANNOTATION]),
    owners: (Array.isArray(ownerReferences) ? ownerReferences : []).map((owner) => ({
      kind: String(fields(owner).kind),
      name: String(fields(owner).name),
      uid: String(fields(owner).uid),
    })),
    strategy: text(strategy),
  }
}

/** What a candidate knows of the Lease, and since when. */
export type Observation =
  | { readonly kind: 'unread'; readonly claimableAt: number }
  | {
      readonly kind: 'absent'
      readonly claimableAt: number
      /** The last that was seen of it, where anything was: news of that Lease, or from before it, is old. */
      readonly last: LeaseRecord | undefined
    }
  | {
      readonly kind: 'present'
      readonly record: LeaseRecord
      /** Monotonic time from which it may be claimed if it stays unchanged. */
      readonly claimableAt: number
      /** Another live process or election has our identity: it was seen to renew, or is seen from here. */
      readonly duplicate: boolean
    }

export const UNREAD: Observation = { kind: 'unread', claimableAt: Number.POSITIVE_INFINITY }

/**
 * Adds what was received `at` to what was known before. An unchanged record goes on expiring where it was; a changed
 * one starts anew.
 */
export function observe(
  before: Observation,
  record: LeaseRecord | undefined,
  at: Instant,
  settings: Settings,
): Observation {
  if (record === undefined) {
    return { kind: 'absent', claimableAt: absentClaimableAt(before, at, settings), last: lastSeen(before) }
  }
  if (before.kind === 'present' && sameRecord(before.record, record)) {
    // Who was seen to live may have ended since; who was seen to renew did so.
    const duplicate = isSeenAlive(record) || (before.duplicate && !isSeenAlive(before.record))
    return { ...before, record, duplicate }
  }
  const renewed =
    before.kind === 'present' && before.record.uid === record.uid && before.record.holder === record.holder
  return {
    kind: 'present',
    record,
    claimableAt: isOurs(record, settings)
      ? ownClaimableAt(before, record, at, settings)
      : claimableAt(record, at, settings),
    duplicate:
      isSeenAlive(record) || (renewed && !record.isStrange && isTwin(record, settings) && !isOurs(record, settings)),
  }
}

/** The Lease as it was last seen, be it gone by now. */
export function lastSeen(observation: Observation): LeaseRecord | undefined {
  if (observation.kind === 'present') return observation.record
  return observation.kind === 'absent' ? observation.last : undefined
}

/** Whether this is news to who has seen that; undefined where it can't be told. */
export function isNews(record: LeaseRecord, observation: Observation): boolean | undefined {
  const known = lastSeen(observation)
  if (known === undefined) return true
  if (observation.kind === 'absent' && record.uid === known.uid) return false
  return isLater(record, known)
}

/** What a candidate may do about the Lease it observed. */
export type Assessment = 'free' | 'ours' | 'held' | 'foreign' | 'duplicate'

export function assess(observation: Observation, now: number, settings: Settings): Assessment {
  if (observation.kind === 'present') {
    const { record } = observation
    if (isForeign(record, settings)) return 'foreign'
    if (observation.duplicate) return 'duplicate'
    if (isOurs(record, settings)) return now >= observation.claimableAt ? 'ours' : 'held'
  }
  return now >= observation.claimableAt ? 'free' : 'held'
}

/**
 * Whether the record was written by this process, or by an earlier one of the same pod: same name and same uid. A pod of the
 * same name with another uid is another candidate. So is who merely uses the same identity, or an owner that others share (a
 * StatefulSet, a Deployment): nothing tells that the earlier one has ended.
 */
export function isOurs(record: LeaseRecord, settings: Settings): boolean {
  if (record.holder !== settings.identity) return false
  if (record.incarnation === settings.incarnation) return !record.isStrange
  return record.namesake === undefined && (record.isLeftBehind === true || isOfOurPod(record, settings))
}

/**
 * Whether the record's holder has our identity and is not another pod of our name: then, unless it is an earlier self of
 * ours, two processes share an identity.
 */
export function isTwin(record: LeaseRecord, settings: Settings): boolean {
  return record.holder === settings.identity && !isOtherPod(record, settings)
}

function isOfOurPod({ owners }: LeaseRecord, { podUid }: Settings): boolean {
  return podUid !== undefined && owners.some(({ uid }) => uid === podUid)
}

/** Whether the record is of a pod, and not of ours. */
export function isOtherPod(record: LeaseRecord, settings: Settings): boolean {
  const isOfPod = record.owners.some(({ kind }) => kind === 'Pod')
  return settings.podUid !== undefined && isOfPod && !isOfOurPod(record, settings)
}

function isSeenAlive({ namesake }: LeaseRecord): boolean {
  return namesake?.kind === 'election' || namesake?.kind === 'process'
}

/** Whether this very process wrote the record. */
export function isOwnWrite(record: LeaseRecord, { identity, incarnation }: Settings): boolean {
  return record.holder === identity && record.incarnation === incarnation
}

type Version = Pick<LeaseRecord, 'resourceVersion'>

/** Whether `record` is a later state than `than`; undefined where their resourceVersions can't be compared. */
export function isLater(record: Version, than: Version): boolean | undefined {
  const [a, b] = [record.resourceVersion, than.resourceVersion]
  return isToken(a) && isToken(b) ? BigInt(a) > BigInt(b) : undefined
}

/** Whether a resourceVersion can serve as a fencing token: a decimal integer. */
export function isToken(resourceVersion: string): boolean {
  return /^[1-9]\d*$/.test(resourceVersion)
}

function isForeign({ strategy, owners }: LeaseRecord, { owner, adopt }: Settings): boolean {
  return strategy !== undefined || (!adopt && owners.some(({ kind }) => kind !== 'Pod' && kind !== owner?.kind))
}

/** Any write may have been a renewal where the record has no time of renewal (any more) that would tell. */
function sameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    (a.renewTime !== undefined || a.resourceVersion === b.resourceVersion) &&
    a.uid === b.uid &&
    a.holder === b.holder &&
    a.renewTime === b.renewTime &&
    a.acquireTime === b.acquireTime &&
    a.transitions === b.transitions &&
    a.leaseDuration === b.leaseDuration &&
    a.incarnation === b.incarnation
  )
}

/** The record's own duration counts, not the observer's: a shorter one must not steal from a longer one. */
function claimableAt(record: LeaseRecord, at: Instant, settings: Settings): number {
  if (record.holder === undefined) return at.monotonic
  const duration = record.leaseDuration ?? settings.leaseDuration
  const renewed = settings.maxClockSkew === undefined ? Number.NaN : Date.parse(record.renewTime ?? '')
  const expiredFor = Number.isNaN(renewed) ? 0 : at.wall - (renewed + duration + settings.maxClockSkew!)
  return expiredFor > 0 ? at.monotonic : at.monotonic + duration
}

/**
 * An absent Lease is free for a candidate for life: the garbage collector removed it with the dead pod. Where
 * leadership is renewable, or the owner another one than the leader's pod, it may have been deleted under a live leader, who
 * may have renewed until just before, whatever the observer heard of that: he believes for up to a lease from when its
 * absence was seen.
 */
function absentClaimableAt(before: Observation, at: Instant, settings: Settings): number {
  if (before.kind === 'unread') return Number.NEGATIVE_INFINITY
  if (before.kind === 'absent') return before.claimableAt
  const { record } = before
  if (record.holder === undefined || goesWithItsPod(record, settings)) return Number.NEGATIVE_INFINITY
  const duration = record.leaseDuration ?? settings.leaseDuration
  if (!isOwnWrite(record, settings)) return at.monotonic + duration
  // Our own: nobody else believes. But if it went because our pod is gone, a new one would go as well: others first.
  return settings.owner === undefined ? before.claimableAt : at.monotonic + 2 * duration
}

/** Whether its absence tells that the pod of its holder is gone: as far as candidates for life do what we do. */
function goesWithItsPod({ owners }: LeaseRecord, { term, owner, podUid }: Settings): boolean {
  return term === 'life' && owner?.uid === podUid && owners.every(({ kind }) => kind === 'Pod')
}

/**
 * What is ours may be claimed anew at once. But where it took the place of another Lease, which was deleted while our
 * request was on its way, the holder of that one may still believe.
 */
function ownClaimableAt(before: Observation, record: LeaseRecord, at: Instant, settings: Settings): number {
  if (before.kind !== 'present' || before.record.uid !== record.uid) return absentClaimableAt(before, at, settings)
  return isOurs(before.record, settings) ? before.claimableAt : at.monotonic
}

/** What a claim states, besides what the settings say. */
export interface ClaimDetails {
  /** Owner references stay as they are, where the cluster does not let us set them. */
  readonly keepsOwners?: boolean
  /** The mark of this process. */
  readonly mark?: string | undefined
}

/** The body of a Lease to create, in the form of the API. */
export function newLease(settings: Settings, now: Instant, details: ClaimDetails = {}): LeaseBody {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: settings.leaseName,
      ...ownLabels(settings),
      annotations: {
        [INCARNATION_ANNOTATION]: settings.incarnation,
        ...(details.mark && { [PROCESS_ANNOTATION]: details.mark }),
      },
      ...ownersFor(settings, details),
    },
    spec: { ...ownSpec(settings), ...acquired(now), leaseTransitions: 0 },
  }
}

/** A merge patch that takes over a released, expired or own Lease. Dead owners go: they would take the Lease with them. */
export function takeoverOf(
  record: LeaseRecord,
  settings: Settings,
  now: Instant,
  details: ClaimDetails = {},
): LeasePatch {
  const sameHolder = isTwin(record, settings)
  const noOwners = record.owners.length > 0 && !details.keepsOwners && { ownerReferences: null }
  return {
    metadata: {
      ...preconditions(record),
      ...ownLabels(settings),
      annotations: {
        [INCARNATION_ANNOTATION]: settings.incarnation,
        // That of the last holder must not stay.
        ...((details.mark || record.process) && { [PROCESS_ANNOTATION]: details.mark ?? null }),
      },
      ...noOwners,
      ...ownersFor(settings, details),
    },
    spec: {
      ...ownSpec(settings),
      ...acquired(now, record),
      leaseTransitions: record.transitions + (sameHolder ? 0 : 1),
    },
  }
}

/** A merge patch that renews. It states holder and duration anew, so that an edit by hand is mended. */
export function renewalOf(record: LeaseRecord, settings: Settings, now: Instant): LeasePatch {
  return { metadata: preconditions(record), spec: { ...ownSpec(settings), renewTime: timeAfter(record, now) } }
}

/** A merge patch that hands the Lease back. Its owners stay: should nobody take it over, it is collected with our pod. */
export function releaseOf(record: LeaseRecord, now: Instant): LeasePatch {
  return {
    metadata: {
      ...preconditions(record),
      annotations: { [INCARNATION_ANNOTATION]: null, [PROCESS_ANNOTATION]: null },
    },
    spec: { holderIdentity: '', renewTime: microTime(now) },
  }
}

/** What every write of an existing Lease must match. */
export function preconditions({ uid, resourceVersion }: LeaseRecord): Preconditions {
  return { uid, resourceVersion }
}

export interface Preconditions {
  readonly uid: string
  readonly resourceVersion: string
}

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}

export interface LeaseBody {
  readonly apiVersion: 'coordination.k8s.io/v1'
  readonly kind: 'Lease'
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
  }
  readonly spec: LeaseSpec
}

/** A JSON merge patch: null removes. */
export interface LeasePatch {
  readonly metadata: Preconditions & {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string | null>>
    readonly ownerReferences?: readonly OwnerReference[] | null
  }
  readonly spec: LeaseSpec
}

function ownLabels({ labels }: Settings) {
  return labels ? { labels } : {}
}

function ownersFor({ owner }: Settings, { keepsOwners }: ClaimDetails) {
  return owner && !keepsOwners ? { ownerReferences: [owner] } : {}
}

function ownSpec({ identity, leaseDuration }: Settings) {
  return { holderIdentity: identity, leaseDurationSeconds: leaseDuration / 1000 }
}

function acquired(now: Instant, record?: LeaseRecord) {
  return { acquireTime: microTime(now), renewTime: record ? timeAfter(record, now) : microTime(now) }
}

/**
 * The present time, and never the one that the record has already: where the wall clock stands still or was set back, a
 * write that changes nothing would succeed without a new resourceVersion, and no challenger would see it.
 */
function timeAfter({ renewTime }: LeaseRecord, now: Instant): string {
  const time = microTime(now)
  return time === renewTime ? time.replace('000Z', '001Z') : time
}

/** A MicroTime has exactly six fractional digits: the API server refuses three. */
function microTime({ wall }: Instant): string {
  return new Date(wall).toISOString().replace('Z', '000Z')
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function time(value: unknown): string | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : text(value)
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined
}
