/**
 * What can be said of a Lease at a moment, by one who only looks.
 *
 * Who has just begun to look knows a Lease's age by the times in it alone, which its holder's clock wrote: `held` and
 * `expired?` compare them with this machine's clock. Who has watched it knows what a candidate knows: `expired` means that
 * it was seen unchanged, by a monotonic clock, for as long as it lasts.
 */
import { isAskedToStepDown, type LeaseRecord } from '../../lease/record.ts'
import { timeOf, type Writer } from '../looking/lease-object.ts'
import type { PodLook } from '../looking/pod.ts'

export type LeaseState = 'held' | 'expired?' | 'expired' | 'released' | 'absent'

export interface LeaseView {
  readonly name: string
  readonly namespace: string
  readonly state: LeaseState
  /** undefined where it is absent. */
  readonly seen: Seen | undefined
}

/** Durations are milliseconds. */
export interface Seen {
  readonly record: LeaseRecord
  readonly writer: Writer | undefined
  /** The pods that own it, where that was looked at. */
  readonly owners: readonly OwnerLook[]
  /** Since the holder became it, and since the last renewal: by the times in the Lease. */
  readonly acquired: number | undefined
  readonly renewed: number | undefined
  /** For how long it has been seen like this. */
  readonly unchanged: number
}

export interface OwnerLook {
  readonly kind: string
  readonly name: string
  readonly uid: string
  /** Of a pod. */
  readonly look: PodLook | undefined
}

export interface Sighting {
  readonly record: LeaseRecord
  readonly writer: Writer | undefined
  readonly owners: readonly OwnerLook[]
  readonly unchanged: number
}

/** @param now milliseconds since 1970, by this machine's clock. */
export function seenAt({ record, writer, owners, unchanged }: Sighting, now: number): Seen {
  const since = (time: string | undefined) => {
    const at = timeOf(time)
    return at === undefined ? undefined : now - at
  }
  return { record, writer, owners, unchanged, acquired: since(record.acquireTime), renewed: since(record.renewTime) }
}

export function stateOf({ record, renewed, unchanged }: Seen): LeaseState {
  const { holder, leaseDuration } = record
  if (holder === undefined) return 'released'
  if (leaseDuration === undefined) return 'held'
  if (unchanged >= leaseDuration) return 'expired'
  return renewed !== undefined && renewed > leaseDuration ? 'expired?' : 'held'
}

/** What counts as a change, for who is told of changes only. */
export function fingerprintOf({ state, seen }: LeaseView): string {
  return JSON.stringify([state, seen?.record.resourceVersion, seen?.owners.map(({ look }) => look?.state)])
}

/** For programs. */
export function plainView({ name, namespace, state, seen }: LeaseView): object {
  if (seen === undefined) return { name, namespace, state }
  const { record, writer, owners, acquired, renewed, unchanged } = seen
  const { holder, leaseDuration, acquireTime, renewTime, transitions, resourceVersion, uid, strategy } = record
  return {
    name,
    namespace,
    state,
    holder,
    acquireTime,
    renewTime,
    acquiredFor: acquired,
    renewedFor: renewed,
    unchangedFor: unchanged,
    leaseDuration,
    transitions,
    uid,
    resourceVersion,
    fencingTokenAtMost: holder === undefined ? undefined : resourceVersion,
    owners: owners.map(({ look, ...owner }) => ({ ...owner, state: look?.state })),
    writer: writer && { manager: writer.manager, at: writer.at },
    isAskedToStepDown: isAskedToStepDown(record),
    strategy,
  }
}
