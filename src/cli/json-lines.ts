/** Events for programs: an object a line on the standard output. */
import { messageOf } from '../errors.ts'
import { withoutOptions } from './wording.ts'

/**
 * Prints the event with `at`, milliseconds since 1970 by this process's clock, and whether the process leads at this
 * moment. Fencing tokens are text, errors their messages.
 */
export function printEvent<Event extends { readonly type: string }>(event: Event, isLeading: boolean): void {
  printLine({ isLeading, ...event })
}

/** Prints an object with the time in front. */
export function printLine(told: object): void {
  const line = { at: performance.timeOrigin + performance.now(), ...told }
  process.stdout.write(`${JSON.stringify(line, jsonValue)}\n`)
}

/** As an election's own `failed`: what ended the command. */
export function printFailure(error: unknown): void {
  const failed = { type: 'failed', error }
  printEvent(failed, false)
}

function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Error ? withoutOptions(messageOf(value)) : value
}
