/**
 * What this process wrote into the Lease last, so that a copy of it is found out: a virtual machine restored from a
 * snapshot, say, has its identity, its incarnation and its term, and renews as it does. Whoever sees a record in its own
 * name that it did not write is not alone. Pure.
 *
 * Not guaranteed: that a copy is noticed while a write of ours is unclear (sent, and nothing heard of it). One of the two
 * notices once its next write has succeeded or conflicted.
 */

import type { Settings } from '../options/types.ts'
import { isOwnWrite } from './identity.ts'
import { isLater, type LeaseRecord, type Version } from './record.ts'

export interface OwnWrites {
  /** What the last successful write left. */
  readonly last: Pick<LeaseRecord, 'resourceVersion' | 'renewTime'> | undefined
  /** `renewTime` of a write after it that conflicted: it may have been sent twice on its way, and conflict with itself. */
  readonly conflicted: string | undefined
  readonly isUnderWay: boolean
  /** One was sent after it, and what became of that is not known. */
  readonly isUnclear: boolean
  /** What the last one that was sent takes the place of; undefined where it creates the Lease, and before the first. */
  readonly expected: Version | undefined
}

export const NOTHING_WRITTEN: OwnWrites = {
  last: undefined,
  conflicted: undefined,
  isUnderWay: false,
  isUnclear: false,
  expected: undefined,
}

/** @param record what the write takes the place of. */
export function sending(writes: OwnWrites, record: LeaseRecord | undefined): OwnWrites {
  const isUnclear = writes.isUnclear || writes.isUnderWay
  // One that creates can be late by any time, as long as there is no Lease.
  const mayCreate = record === undefined || (isUnclear && writes.expected === undefined)
  const expected = mayCreate ? undefined : { resourceVersion: record.resourceVersion }
  return { ...writes, isUnderWay: true, isUnclear, expected }
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

/**
 * What is clear once the Lease was seen like this: a write that expects an earlier version has come to pass by now, or
 * never will.
 */
export function clarified(writes: OwnWrites, record: LeaseRecord | undefined, settings: Settings): OwnWrites {
  if (!writes.isUnclear || writes.isUnderWay || record === undefined) return writes
  const isAfter = writes.expected !== undefined && isLater(record, writes.expected) === true
  if (isOwnWrite(record, settings)) return isAfter || writes.expected === undefined ? succeeded(record) : writes
  return isAfter ? { ...writes, isUnclear: false } : writes
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
