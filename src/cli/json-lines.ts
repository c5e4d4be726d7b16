/** Events for programs: an object a line, on the standard output where that is not somebody else's. */
import { messageOf } from '../errors.ts'
import { withoutOptions } from './wording.ts'

export type Output = 'stdout' | 'stderr'

/**
 * Prints the event with `at`, milliseconds since 1970 by this process's clock, and whether the process leads at this
 * moment. Fencing tokens are text, errors their messages.
 */
export function printEvent<Event extends { readonly type: string }>(
  event: Event,
  isLeading: boolean,
  stream: Output = 'stdout',
): void {
  printLine({ isLeading, ...event }, stream)
}

/** Prints an object with the time in front. */
export function printLine(told: object, stream: Output = 'stdout'): void {
  const line = { at: performance.timeOrigin + performance.now(), ...told }
  process[stream].write(`${JSON.stringify(line, jsonValue)}\n`)
}

/** As an election's own `failed`: what ended the command. */
export function printFailure(error: unknown, stream?: Output): void {
  const failed = { type: 'failed', error }
  printEvent(failed, false, stream)
}

function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Error ? withoutOptions(messageOf(value)) : value
}
