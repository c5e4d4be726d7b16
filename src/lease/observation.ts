/**
 * What a candidate has observed of the Lease, and what it may do about it.
 *
 * Trusted: only this process's monotonic clock, from the moment a *changed* record was received. The times inside the
 * record were written by other machines' clocks and are compared for change only, unless `maxClockSkew` is given. A claim
 * waits until the record has stayed unchanged for its own duration. Pure: times come in as `Instant`s.
 *
 * Keeps rule 3 of docs/protocol.md: no other machine's clock is trusted.
 */
import type { Settings } from '../options/types.ts'
import type { Instant } from './clock.ts'
import { isForeign, isOurs, isOwnWrite, isSeenAlive, isTwin } from './identity.ts'
import { isLater, type LeaseRecord } from './record.ts'

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
 * Whether nobody has renewed or taken it between the two. Any write may have been a renewal where the record has no time of
 * renewal (any more) that would tell.
 */
export function sameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
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
