/** What the command line says about a run of the benches. */
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Another commit of the library, to be measured beside this one. */
  readonly against: string | undefined
  /** At most so long is what is measured over a time; default: each case's own time. */
  readonly seconds: number
  /** At most so many elections in a process that leads many Leases. */
  readonly elections: number
  /** At most so many followers of one Lease. */
  readonly followers: number
  /** How often each hand-over is measured. */
  readonly rounds: number
  /** How many renewals a soak takes. */
  readonly renewals: number
  /** What chance begins with. */
  readonly seed: number
  /** Which cases, by their name. */
  readonly wants: (title: string) => boolean
  /** Which peers, by their name. */
  readonly isPeer: (name: string) => boolean
  /** The result is kept in bench/results. */
  readonly save: boolean
}

type NumberName = 'seconds' | 'elections' | 'followers' | 'rounds' | 'renewals' | 'seed'

/** @throws TypeError for unknown options, and what is no number. */
export function parseOptions(args: readonly string[]): { names: string[]; options: BenchOptions } {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      against: text,
      seconds: text,
      elections: text,
      followers: text,
      rounds: text,
      renewals: text,
      seed: text,
      case: { ...text, multiple: true },
      peer: { ...text, multiple: true },
      save: { type: 'boolean', default: false },
    },
  })
  const number = (name: NumberName, otherwise: number) => {
    const value = Number(values[name] ?? otherwise)
    if (!(value > 0)) throw new TypeError(`--${name} is ${values[name]}; expected a number above 0.`)
    return value
  }
  const options = {
    against: values.against,
    seconds: number('seconds', Infinity),
    elections: number('elections', Infinity),
    followers: number('followers', Infinity),
    rounds: number('rounds', 5),
    renewals: number('renewals', 1_000_000),
    seed: number('seed', 1),
    wants: (title: string) => values.case?.some((part) => title.includes(part)) ?? true,
    isPeer: (name: string) => values.peer?.some((part) => name.includes(part)) ?? true,
    save: values.save,
  }
  return { names: positionals, options }
}
