/** Wrong values are refused with what was received and what was expected. */
import { inspect } from 'node:util'
import { ConfigurationError } from '../errors.ts'
import { LONGEST_DELAY } from './limits.ts'

export function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw wrong(name, value, 'a non-empty string')
  return value
}

export function flag(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(name, value, 'true or false')
  return value ?? false
}

export function duration(name: string, value: unknown, minimum: number): number {
  if (typeof value !== 'number' || !(value >= minimum && value <= LONGEST_DELAY)) {
    throw wrong(name, value, `milliseconds from ${minimum} to ${LONGEST_DELAY} (the longest delay Node.js can wait)`)
  }
  return value
}

export function relation(name: string, value: number, holds: boolean, expected: string, other: number): void {
  if (!holds) throw wrong(name, value, `${expected} (${other})`)
}

export function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) throw wrong(name, value, `one of ${allowed.map((each) => `"${each}"`).join(', ')}`)
  return value
}

export function wrong(name: string, value: unknown, expected: string): ConfigurationError {
  return new ConfigurationError(`${name} is ${display(value)}; expected ${expected}.`)
}

/** Characters of a value that an error quotes. */
const LONGEST_QUOTE = 200

/** A received value, as an error quotes it: whatever it is, and cut where it is long. */
export function display(value: unknown): string {
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return String(value)
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: LONGEST_QUOTE })
  const quoted = typeof value === 'string' ? JSON.stringify(value) : text
  return quoted.length > LONGEST_QUOTE ? `${quoted.slice(0, LONGEST_QUOTE)}…` : quoted
}
