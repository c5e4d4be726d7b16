/**
 * What this process wrote into the Lease last, so that a copy of it is found out: a virtual machine restored from a
 * snapshot, say, has its identity, its incarnation and its term, and renews as it does. Whoever sees a record in its own
 * name that it did not write is not alone. Pure.
 *
 * Not guaranteed: that a copy is noticed while a write of ours is unclear (sent, and nothing heard of it). One of the two
 * notices once its next write has succeeded or conflicted.
 */

import type { Settings } from '../options/options.ts'
import { isLater, isOwnWrite, type LeaseRecord } from './record.ts'

export interface OwnWrites {
  /** What the last successful write left. */
  readonly last: Pick<LeaseRecord, 'resourceVersion' | 'renewTime'> | undefined
  /** `renewTime` of a write after it that conflicted: it may have been sent twice on its way, and conflict with itself. */
  readonly conflicted: string | undefined
  readonly isUnderWay: boolean
  /** One was sent after it, and what became of that is not known. */
  readonly isUnclear: boolean
}

export const NOTHING_WRITTEN: OwnWrites = {
  last: undefined,
  conflicted: undefined,
  isUnderWay: false,
  isUnclear: false,
}

export function sending(writes: OwnWrites): OwnWrites {
  return { ...writes, isUnderWay: true, isUnclear: writes.isUnclear || writes.isUnderWay }
}

export function succeeded({ resourceVersion, renewTime }: LeaseRecord): OwnWrites {
  return { ...NOTHING_WRITTEN, last: { resourceVersion, renewTime } }
}

/** @param renewTime what the write carried, where that is known. */
export function conflicted(writes: OwnWrites, renewTime: string | undefined): OwnWrites {
  return { ...writes, conflicted: renewTime, isUnderWay: false }
}

export function unanswered(writes: OwnWrites): OwnWrites {
  return { ...writes, isUnderWay: false, isUnclear: true }
}

/** Whether a copy of this process wrote the record: in our name, later than our last success, and by no write of ours. */
export function isByCopy(record: LeaseRecord, writes: OwnWrites, settings: Settings): boolean {
  const { last, isUnderWay, isUnclear } = writes
  if (!isOwnWrite(record, settings) || isUnderWay || isUnclear) return false
  if (last === undefined) return true
  if (record.renewTime === writes.conflicted || isLater(record, last) === false) return false
  // Of two that renew by turns one sees a later time than its own. An earlier one, or none, is somebody's edit, which the
  // next renewal mends.
  return record.renewTime !== undefined && record.renewTime > (last.renewTime ?? '')
}
