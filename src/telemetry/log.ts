/** Tells in sentences what an election does. What comes from outside is escaped and cut; it is whole in the events. */
import createDebug from 'debug'
import type { ElectionEmitted } from '../statechart/types.ts'
import { printable } from './printable.ts'
import { type Described, describeEvent } from './sentences.ts'

export type { Described }

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
/**
 * Logs one emitted event of an election: as an object and a sentence where the log is pino or bunyan, else as a sentence.
 *
 * @param election the name of its Lease, who the candidate is, and its own lease duration in milliseconds.
 */
export function logEvent(log: Log, event: ElectionEmitted, election: Described): void {
  const [level, sentence] = describeEvent(event, election)
  const message = `${election.leaseName}: ${printable(sentence, LONGEST_SENTENCE)}`
  if (takesFields(log)) log[level](fieldsOf(event, election), message)
  else log[level](message)
}

type StructuredLog = Record<keyof Log, (fields: object, message: string) => void>

/** pino has `bindings`, bunyan `fields`; both have children. */
function takesFields(log: object): log is StructuredLog {
  const { child, bindings, fields } = log as Record<string, unknown>
  return typeof child === 'function' && (typeof bindings === 'function' || typeof fields === 'object')
}

/** What a machine would look for: as in the event, but for what JSON can't hold. Errors are called as pino calls them. */
function fieldsOf(event: ElectionEmitted, { leaseName, identity }: Described): object {
  const { type, ...rest } = event
  const { error, reason, fencingToken, ...others } = rest as Partial<Record<string, unknown>>
  const cause = (reason as { readonly error?: unknown } | undefined)?.error ?? error
  return {
    lease: leaseName,
    identity,
    event: type,
    ...others,
    ...(fencingToken !== undefined && { fencingToken: String(fencingToken) }),
    ...(reason !== undefined && { reason: (reason as { readonly kind: string }).kind }),
    ...(cause !== undefined && { err: cause }),
  }
}
