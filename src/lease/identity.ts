/**
 * Whose a record is: this process's own, an earlier one's of the same pod, another candidate's of the same name.
 *
 * Two processes that share an identity are told apart by an annotation. Who wrote under it before has ended only where that
 * is proven: by the same incarnation, by this very pod as the owner, or by what is seen around this process.
 */
import type { Settings } from '../options/types.ts'
import type { LeaseRecord } from './record.ts'

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

/** Whether another live process or election of our identity is seen from here. */
export function isSeenAlive({ namesake }: LeaseRecord): boolean {
  return namesake?.kind === 'election' || namesake?.kind === 'process'
}

/** Whether this very process wrote the record. */
export function isOwnWrite(record: LeaseRecord, { identity, incarnation }: Settings): boolean {
  return record.holder === identity && record.incarnation === incarnation
}

/** Whether another system decides about the Lease, or owns it. */
export function isForeign({ strategy, owners }: LeaseRecord, { owner, adopt }: Settings): boolean {
  return strategy !== undefined || (!adopt && owners.some(({ kind }) => kind !== 'Pod' && kind !== owner?.kind))
}
