/**
 * What this process wrote into the Lease, so that a copy of it is found out: a virtual machine restored from a snapshot,
 * say, has its identity, its incarnation and its term, and renews as it does. Whoever sees a record in its own name that it
 * did not write is not alone. Pure.
 *
 * Not guaranteed: that a copy is noticed while a write of ours is unclear: sent, nothing heard of it, and it may come to pass
 * yet. One of the two notices once its next write has succeeded or conflicted.
 */

import type { Settings } from '../options/types.ts'
import { isOwnWrite } from './identity.ts'
import { isLater, type LeaseRecord, type Version } from './record.ts'

export interface OwnWrites {
  /** What the last successful write left. */
  readonly last: Pick<LeaseRecord, 'resourceVersion' | 'renewTime'> | undefined
  /** `renewTime` of a write after it that conflicted: it may have been sent twice on its way, and conflict with itself. */
  readonly conflicted: string | undefined
  /** The one that is on its way. */
  readonly underWay: Expected | undefined
  /** One that changes the Lease was sent after the last success, and what became of it is not known. */
  readonly unclear: Version | undefined
  /** The same of one that creates the Lease: it can be late by any time, as long as there is none. */
  readonly isCreationUnclear: boolean
  /** uid of the last Lease that somebody else was seen to have: no late creation of ours made that one. */
  readonly others: string | undefined
}

/** What a write takes the place of; undefined for the Lease's creation. */
interface Expected {
  readonly resourceVersion: string | undefined
}

export const NOTHING_WRITTEN: OwnWrites = {
  last: undefined,
  conflicted: undefined,
  underWay: undefined,
  unclear: undefined,
  isCreationUnclear: false,
  others: undefined,
}

/** @param record what the write takes the place of. */
export function sending(writes: OwnWrites, record: LeaseRecord | undefined): OwnWrites {
  // Nobody waited for the end of one that is still under way.
  return { ...unanswered(writes), underWay: { resourceVersion: record?.resourceVersion } }
}

export function succeeded({ resourceVersion, renewTime }: LeaseRecord): OwnWrites {
  return { ...NOTHING_WRITTEN, last: { resourceVersion, renewTime } }
}

/** @param renewTime what the write carried, where that is known. */
export function conflicted(writes: OwnWrites, renewTime: string | undefined): OwnWrites {
  return { ...writes, conflicted: renewTime, underWay: undefined }
}

export function unanswered(writes: OwnWrites): OwnWrites {
  const { underWay } = writes
  if (underWay === undefined) return writes
  const { resourceVersion } = underWay
  if (resourceVersion === undefined) return { ...writes, underWay: undefined, isCreationUnclear: true }
  return { ...writes, underWay: undefined, unclear: { resourceVersion } }
}

/**
 * What is clear once the Lease was seen like this: a write that expects an earlier version has come to pass by now, or
 * never will.
 */
export function clarified(writes: OwnWrites, record: LeaseRecord | undefined, settings: Settings): OwnWrites {
  if (record === undefined) return writes
  const isSettled = writes.unclear !== undefined && isLater(record, writes.unclear) === true
  if (!isOwnWrite(record, settings)) {
    return { ...writes, others: record.uid, unclear: isSettled ? undefined : writes.unclear }
  }
  if (writes.underWay !== undefined) return writes
  return isSettled || mayHaveCreated(record, writes) ? adopted(record, writes) : writes
}

/** It counts as our write; but a time that somebody set back, or removed, is not when we wrote last. */
function adopted(record: LeaseRecord, { last }: OwnWrites): OwnWrites {
  const renewTime = [record.renewTime, last?.renewTime].sort().findLast((time) => time !== undefined)
  return succeeded({ ...record, renewTime })
}

function mayHaveCreated({ uid }: LeaseRecord, { isCreationUnclear, others }: OwnWrites): boolean {
  return isCreationUnclear && uid !== others
}

/** Whether the record is in our name, later than our last success, and by no write of ours. */
export function isStrange(record: LeaseRecord, writes: OwnWrites, settings: Settings): boolean {
  const { last, underWay, unclear } = writes
  if (!isOwnWrite(record, settings) || underWay || unclear || mayHaveCreated(record, writes)) return false
  if (last === undefined) return true
  if (record.renewTime === last.renewTime || record.renewTime === writes.conflicted) return false
  return isLater(record, last) !== false
}

/**
 * Whether a copy of this process surely wrote the record. Of two that renew by turns one sees a later time than its own. An
 * earlier one, or none, may be somebody's edit: the next renewal mends it, and who does not lead waits for it to expire.
 */
export function isByCopy(record: LeaseRecord, writes: OwnWrites, settings: Settings): boolean {
  if (!isStrange(record, writes, settings)) return false
  if (writes.last === undefined) return true
  const { renewTime } = writes.last
  return record.renewTime !== undefined && renewTime !== undefined && record.renewTime > renewTime
}
