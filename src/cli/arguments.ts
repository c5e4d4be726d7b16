/** Arguments of a command: read by Node's own parser, refused with what was typed and what was expected. */
import { parseArgs } from 'node:util'

/** What was typed can't be meant. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export type Flags = Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>

export interface Arguments<Of extends Flags> {
  readonly values: { readonly [Name in keyof Of]?: Of[Name]['type'] extends 'boolean' ? boolean : string }
  readonly positionals: readonly string[]
}

/** Every command takes these two; they are answered before the others are looked at. */
const HELP = ['--help', '-h']
const VERSION = '--version'

export const asksForHelp = (args: readonly string[]) => HELP.some((flag) => has(args, flag))
export const asksForVersion = (args: readonly string[]) => has(args, VERSION)
export const asksForJson = (args: readonly string[]) => has(args, '--json')

/**
 * @param positionals what each positional argument is, for messages: as many as may be given.
 * @throws UsageError for an unknown flag, a surplus argument, a value that is missing or too many.
 */
export function readArguments<const Of extends Flags>(
  args: readonly string[],
  flags: Of,
  positionals: readonly string[] = [],
): Arguments<Of> {
  const { tokens } = parseArgs({
    args: [...args],
    options: flags,
    allowPositionals: true,
    strict: false, // whose messages don't say what may be meant
    tokens: true,
  })
  const values: Record<string, boolean | string> = {}
  const given: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') given.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    if (!Object.hasOwn(flags, name)) throw unknownFlag(rawName, flags)
    if (flags[name]!.type === 'boolean') {
      if (value !== undefined) throw new UsageError(`${rawName}=${value}: ${rawName} takes no value.`)
      values[name] = true
    } else {
      const isNextFlag = !inlineValue && value?.startsWith('-')
      if (value === undefined || isNextFlag) {
        const instead = isNextFlag ? `; what follows is ${value} (if that is meant: ${rawName}=${value})` : ''
        throw new UsageError(`${rawName} has no value${instead}.`)
      }
      values[name] = value
    }
  }
  if (given.length > positionals.length) {
    const expected = positionals.length === 0 ? 'none' : `at most ${positionals.length}: ${positionals.join(', ')}`
    const surplus = given.slice(positionals.length).map((each) => JSON.stringify(each))
    throw new UsageError(`surplus argument ${surplus.join(' ')}; expected ${expected}.`)
  }
  return { values: values as Arguments<Of>['values'], positionals: given }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Milliseconds: of `30s`, `500ms`, `1m30s`, or of a plain number. @throws UsageError for anything else. */
export function duration(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (text === '' || parts.map(([part]) => part).join('') !== text) {
    throw new UsageError(
      `${flag} is ${JSON.stringify(text)}; expected a duration such as 30s, 500ms or 1m30s, or milliseconds as a plain number.`,
    )
  }
  return Math.round(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!, 0))
}

/** ` Did you mean …?`, where one of the names is near; else all of them. */
export function meant(typed: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, distance: distance(typed, name) }))
    .filter(({ name, distance }) => distance <= 2 || (typed.length > 3 && name.startsWith(typed)))
    .sort((a, b) => a.distance - b.distance)[0]
  return near ? `did you mean ${near.name}?` : `expected one of ${names.join(', ')}.`
}

function has(args: readonly string[], flag: string): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes(flag)
}

function unknownFlag(typed: string, flags: Flags): UsageError {
  const names = Object.keys(flags).map((name) => `--${name}`)
  return new UsageError(`unknown option ${typed}; ${meant(typed, [...names, HELP[0]!, VERSION])}`)
}

/** How many characters have to be put in, taken out or exchanged to make one word of the other. */
function distance(from: string, to: string): number {
  let row = [...to, ''].map((_, index) => index)
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries()) {
      const exchanged = row[column]! + (character === other ? 0 : 1)
      next.push(Math.min(exchanged, row[column + 1]! + 1, next[column]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}
