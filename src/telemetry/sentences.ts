/** Each event of an election in a sentence, for people on call: what is, and what to do where something is to do. */
import { messageOf } from '../errors.ts'
import { describeLoss, type LossReason } from '../lease/tenure.ts'
import type { ElectionEmitted } from '../statechart/types.ts'
import { printable } from './printable.ts'

/** Characters of a holder's name: one that Kubernetes gives a pod is shorter. */
const LONGEST_NAME = 253
/** A duration in the record this many times our own is worth a warning: followers wait for all of it. */
const UNUSUALLY_LONG = 10

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** What the sentences name besides the event. */
export interface Described {
  readonly leaseName: string
  /** Of the candidate whose events these are. */
  readonly identity: string
  /** Its own, in milliseconds. */
  readonly leaseDuration: number
}

export function describeEvent(event: ElectionEmitted, election: Described): [Level, string] {
  switch (event.type) {
    case 'newLeader':
      return describeHolder(event, election)
    case 'leading':
      return ['info', `${election.identity} became the leader, fencing token ${event.fencingToken}`]
    case 'renewed':
      return ['debug', `renewed, fencing token ${event.fencingToken}`]
    case 'reporting':
      return ['debug', `I am the leader, fencing token ${event.fencingToken}`]
    case 'retrying':
      return [
        'warn',
        `${messageOf(event.error)}; failure ${event.attempt} in a row, next attempt in ${Math.round(event.delay)} ms`,
      ]
    case 'ownerRefused':
      return ['warn', `the Lease gets no owner, and so is not collected with the pod: ${messageOf(event.error)}`]
    case 'watchInterrupted':
      return event.error === undefined
        ? ['debug', 'the watch ended early; polling until it stands again']
        : ['warn', `the watch failed; polling until it stands again: ${messageOf(event.error)}`]
    case 'doubted':
      return ['warn', 'the wall clock was set or the machine was suspended; renewing to see who leads']
    case 'draining':
      return ['info', 'giving the leadership up, once the work has stopped']
    case 'lost':
      return [
        'error',
        `leadership lost, fencing token ${event.fencingToken}: ${describeLoss(event.reason)}${hint(event.reason)}`,
      ]
    case 'released':
      return event.confirmed ? ['info', 'released'] : ['warn', 'not released in time; the Lease is left to expire']
    case 'failed':
      return ['error', messageOf(event.error)]
  }
}

function describeHolder(
  { holder: name, leaseDuration }: Extract<ElectionEmitted, { type: 'newLeader' }>,
  { identity, leaseDuration: ours }: Described,
): [Level, string] {
  if (name === undefined) return ['info', 'nobody leads']
  if (name === identity) return ['debug', `${printable(name, LONGEST_NAME)} leads`] // `leading` has said so
  const holder = printable(name, LONGEST_NAME)
  if (leaseDuration === undefined) {
    return ['warn', `${holder} leads; its Lease states no usable duration, so we wait for our own, ${ours} ms`]
  }
  if (leaseDuration > UNUSUALLY_LONG * ours) {
    return ['warn', `${holder} leads; its Lease lasts ${leaseDuration} ms, ours would last ${ours} ms`]
  }
  return ['info', `${holder} leads`]
}

/** What to look at, or to do. */
function hint(reason: LossReason): string {
  switch (reason.kind) {
    case 'deadline':
      return reason.error === undefined
        ? '. Was this process paused, or too busy to send?'
        : `. The last attempt: ${messageOf(reason.error)}`
    case 'takenOver':
      return ". Somebody edited the Lease, or its duration was over for the other one: are all candidates' timings alike?"
    case 'leaseDeleted':
      return '. With its pod, or by hand: if the pod lives, who deletes Leases?'
    case 'forbidden':
    case 'duplicateIdentity':
      return `. ${messageOf(reason.error)}`
    case 'workDidNotStop':
      return '. Let the work end when its signal aborts, or give it a longer drainTimeout'
    case 'askedToStepDown':
      return ''
  }
}
