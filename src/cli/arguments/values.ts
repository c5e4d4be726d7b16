/** The values of options: what each type is read as, and refused with. */
import { UsageError } from './usage-error.ts'

/** What the types of options are read as. */
export interface ValueTypes {
  boolean: boolean
  text: string
  /** Milliseconds. */
  duration: number
  /** A whole number, not negative. */
  count: number
  /** Given several times, or with commas. */
  list: readonly string[]
}

const READERS: { readonly [Type in keyof ValueTypes]: (name: string, text: string) => ValueTypes[Type] } = {
  boolean,
  text: (_, text) => text,
  duration,
  count,
  list: (_, text) => text.split(',').filter(Boolean),
}

/**
 * @param name of the option, as it was given.
 * @throws UsageError
 */
export function readValue<Type extends keyof ValueTypes>(type: Type, name: string, text: string): ValueTypes[Type] {
  return READERS[type](name, text)
}

function boolean(name: string, text: string): boolean {
  if (/^(true|1|yes)$/i.test(text)) return true
  if (/^(false|0|no)$/i.test(text)) return false
  throw new UsageError(`${name} is ${JSON.stringify(text)}; expected true or false.`)
}

function count(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`${name} is ${JSON.stringify(text)}; expected a whole number.`)
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Of `30s`, `500ms`, `1m30s`, or of a plain number. */
function duration(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (text === '' || parts.map(([part]) => part).join('') !== text) {
    throw new UsageError(
      `${name} is ${JSON.stringify(text)}; expected a duration such as 30s, 500ms or 1m30s, or milliseconds as a plain number.`,
    )
  }
  return Math.round(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!, 0))
}
