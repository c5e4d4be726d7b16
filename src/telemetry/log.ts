/** Tells in sentences what an election does. What comes from outside is escaped and cut; it is whole in the events. */
import createDebug from 'debug'
import { messageOf } from '../errors.ts'
import { describeLoss } from '../lease/tenure.ts'
import type { ElectionEmitted } from '../statechart/types.ts'
import { printable } from './printable.ts'

/** Shaped like `console`; a pino logger fits as it is. Every call has one string. */
export interface Log {
  /** What happens all the time: renewals and reports. */
  debug(message: string): void
  /** Who leads, and how a leadership ends in order. */
  info(message: string): void
  /** What is being retried, or in doubt. */
  warn(message: string): void
  /** A leadership that was lost, an election that ended by an error. */
  error(message: string): void
}

/** As of Nest's `Logger`, whose `info` is called `log`. */
export type LogLike =
  | Log
  | (Omit<Log, 'info'> & {
      /** In place of `info`. */
      log(message: string): void
    })

export function isLog(value: unknown): value is LogLike {
  const isFunction = (name: string) => typeof (value as Record<string, unknown> | null)?.[name] === 'function'
  return ['debug', 'warn', 'error'].every(isFunction) && (isFunction('info') || isFunction('log'))
}

export function asLog(log: LogLike): Log {
  if ('info' in log) return log
  return {
    debug: (message) => log.debug(message),
    info: (message) => log.log(message),
    warn: (message) => log.warn(message),
    error: (message) => log.error(message),
  }
}

/** Writes with the package `debug`: shown with DEBUG=kubernetes-leader-election:* */
export const debugLog: Log = {
  debug: createDebug('kubernetes-leader-election:debug'),
  info: createDebug('kubernetes-leader-election:info'),
  warn: createDebug('kubernetes-leader-election:warn'),
  error: createDebug('kubernetes-leader-election:error'),
}

/** Characters of a sentence; whole texts are in the events. */
const LONGEST_SENTENCE = 1_000
/** Characters of a holder's name: one that Kubernetes gives a pod is shorter. */
const LONGEST_NAME = 253

/** A duration in the record this many times our own is worth a warning: followers wait for all of it. */
const UNUSUALLY_LONG = 10

/** What the sentences name besides the event. */
export interface Described {
  readonly leaseName: string
  /** Of the candidate whose events these are. */
  readonly identity: string
  /** Its own, in milliseconds. */
  readonly leaseDuration: number
}

/**
 * Logs one emitted event of an election.
 *
 * @param election the name of its Lease, who the candidate is, and its own lease duration in milliseconds.
 */
export function logEvent(log: Log, event: ElectionEmitted, election: Described): void {
  const [level, sentence] = describeEvent(event, election)
  log[level](`${election.leaseName}: ${printable(sentence, LONGEST_SENTENCE)}`)
}

function describeEvent(event: ElectionEmitted, { identity, leaseDuration }: Described): [keyof Log, string] {
  switch (event.type) {
    case 'newLeader':
      return describeHolder(event, leaseDuration)
    case 'leading':
      return ['info', `${identity} became the leader, fencing token ${event.fencingToken}`]
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
      return ['error', `leadership lost: ${describeLoss(event.reason)}`]
    case 'released':
      return event.confirmed ? ['info', 'released'] : ['warn', 'not released in time; the Lease is left to expire']
    case 'failed':
      return ['error', messageOf(event.error)]
  }
}

function describeHolder(
  { holder: name, leaseDuration }: Extract<ElectionEmitted, { type: 'newLeader' }>,
  ours: number,
): [keyof Log, string] {
  if (name === undefined) return ['info', 'nobody leads']
  const holder = printable(name, LONGEST_NAME)
  if (leaseDuration === undefined) {
    return ['warn', `${holder} leads; its Lease states no usable duration, so we wait for our own, ${ours} ms`]
  }
  if (leaseDuration > UNUSUALLY_LONG * ours) {
    return ['warn', `${holder} leads; its Lease lasts ${leaseDuration} ms, ours would last ${ours} ms`]
  }
  return ['info', `${holder} leads`]
}
