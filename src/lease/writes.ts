/**
 * What to write into the Lease. Every write of an existing one carries its uid and version as preconditions: it succeeds
 * only if nobody has written since. Pure: times come in as `Instant`s.
 *
 * Keeps rule 1 of docs/protocol.md: every write is conditional. PUT is not used, since it would create what is absent.
 */
import type { OwnerReference, Settings } from '../options/types.ts'
import type { Instant } from './clock.ts'
import { isTwin } from './identity.ts'
import { INCARNATION_ANNOTATION, type LeaseRecord, PROCESS_ANNOTATION, STEP_DOWN_ANNOTATION } from './record.ts'

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
        ...answeredRequest(record),
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
      annotations: { [INCARNATION_ANNOTATION]: null, [PROCESS_ANNOTATION]: null, ...answeredRequest(record) },
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

/** What the last holder was asked for is done, or is too late. */
function answeredRequest({ stepDown }: LeaseRecord) {
  return stepDown === undefined ? {} : { [STEP_DOWN_ANNOTATION]: null }
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
