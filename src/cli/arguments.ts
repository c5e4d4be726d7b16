/**
 * Arguments of a command: read by Node's own parser, refused with what was typed and what was expected. Each option may
 * also come from the environment, since pods are configured so: `--lease-duration` is LEADER_ELECTION_LEASE_DURATION. What
 * is typed wins.
 */
import { parseArgs } from 'node:util'
import { type Flags, type Values, variableOf } from './arguments/flags.ts'
import { UsageError, unknownName } from './arguments/usage-error.ts'
import { readValue } from './arguments/values.ts'

/** What stands beside the options. */
export interface Others {
  /** What each positional argument is, for messages: as many as may be given. */
  readonly positionals?: readonly string[]
  /** Whether the last of them may be given any number of times. */
  readonly takesMore?: boolean
  /** Whether words after `--` are taken, as they are: a command. */
  readonly takesRest?: boolean
}

export interface Arguments<Of extends Flags> {
  readonly values: Values<Of>
  readonly positionals: readonly string[]
  /** What follows `--`. */
  readonly rest: readonly string[]
  /** How each option that was given was spelt, and its value as text: to quote in messages. */
  readonly given: ReadonlyMap<string, Given>
}

export interface Given {
  /** `--lease-duration`, or LEADER_ELECTION_LEASE_DURATION. */
  readonly name: string
  readonly text: string
}

/** Every command takes these; they are answered before the others are looked at. */
const HELP = ['--help', '-h']
const VERSION = '--version'

export const asksForHelp = (args: readonly string[]) => HELP.some((flag) => has(args, flag))
export const asksForVersion = (args: readonly string[]) => has(args, VERSION)

/** @throws UsageError for an unknown flag, a surplus argument, a value that is missing, too many or wrong. */
export function readArguments<const Of extends Flags>(
  args: readonly string[],
  flags: Of,
  { positionals = [], takesMore = false, takesRest = false }: Others = {},
  env: NodeJS.ProcessEnv = process.env,
): Arguments<Of> {
  const end = args.indexOf('--')
  const own = takesRest && end >= 0 ? args.slice(0, end) : args
  const typed = readTyped(own, flags)
  const given = new Map([...fromEnvironment(flags, env), ...typed.given])
  const values: Record<string, unknown> = {}
  for (const [flag, { name, text }] of given) values[flag] = readValue(flags[flag]!.type, name, text)
  if (!takesMore && typed.positionals.length > positionals.length) {
    const expected = positionals.length === 0 ? 'none' : `at most ${positionals.length}: ${positionals.join(', ')}`
    const surplus = typed.positionals.slice(positionals.length).map((each) => JSON.stringify(each))
    const mend = takesRest ? ' A command is put after `--`.' : ''
    throw new UsageError(`surplus argument ${surplus.join(' ')}; expected ${expected}.${mend}`)
  }
  const rest = own === args ? [] : args.slice(end + 1)
  return { values: values as Values<Of>, positionals: typed.positionals, rest, given }
}

/** Whether errors, too, are to be JSON: asked before anything else is known to be right. */
export function asksForJson(args: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  return has(args, '--json') || (!has(args, '--json=false') && /^(true|1|yes)$/i.test(env[variableOf('json')] ?? ''))
}

function readTyped(args: readonly string[], flags: Flags) {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(flags).map(([name, { type, short }]) => [
        name,
        { type: type === 'boolean' ? 'boolean' : 'string', ...(short && { short }) } as const,
      ]),
    ),
    allowPositionals: true,
    strict: false, // whose messages don't say what may be meant
    tokens: true,
  })
  const given = new Map<string, Given>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const flag = Object.hasOwn(flags, name) ? flags[name]! : undefined
    if (!flag) {
      const names = Object.keys(flags).map((each) => `--${each}`)
      throw unknownName('option', rawName, [...names, HELP[0]!, VERSION])
    }
    const isNextFlag = !inlineValue && value?.startsWith('-')
    if (flag.type !== 'boolean' && (value === undefined || isNextFlag)) {
      const instead = isNextFlag ? `; what follows is ${value} (if that is meant: ${rawName}=${value})` : ''
      throw new UsageError(`${rawName} has no value${instead}.`)
    }
    const before = flag.type === 'list' ? given.get(name) : undefined
    const text = value ?? 'true'
    given.set(name, { name: rawName, text: before ? `${before.text},${text}` : text })
  }
  return { given, positionals }
}

/** An empty variable counts as missing. */
function fromEnvironment(flags: Flags, env: NodeJS.ProcessEnv): [string, Given][] {
  return Object.keys(flags).flatMap((flag) => {
    const name = variableOf(flag)
    const text = env[name]?.trim()
    return text ? [[flag, { name, text }] as [string, Given]] : []
  })
}

function has(args: readonly string[], flag: string): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes(flag)
}
