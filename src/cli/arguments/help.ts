/** The help of a command: examples first, then what it does, its options, its exit codes. */
import { type Flags, variableOf } from './flags.ts'

export const NAME = 'kubernetes-leader-election'

type Table = readonly (readonly [left: string, right: string])[]

export interface Help {
  /** Whole command lines after the program's name, with what each is for. */
  readonly examples: Table
  /** What follows the program's name: `elect [LEASE] [options]`. */
  readonly synopsis: string
  /** Paragraphs, and tables of two columns. */
  readonly about: readonly (string | Table)[]
  readonly flags: Flags
  /** By code, in order. */
  readonly exitCodes: Readonly<Record<string, string>>
}

const WIDTH = 120
const HELP: Flags = {
  help: { type: 'boolean', short: 'h', about: '' },
  version: { type: 'boolean', about: '' },
}

/** Each line at most 120 characters wide. */
export function helpOf({ examples, synopsis, about, flags, exitCodes }: Help): string {
  const [first] = Object.keys(flags)
  const hasDurations = Object.values(flags).some(({ type }) => type === 'duration')
  return [
    columns(examples.map(([args, isFor]) => [`${NAME} ${args}`, isFor])),
    `${NAME} ${synopsis}`,
    ...about.map((paragraph) =>
      Array.isArray(paragraph) ? columns(paragraph) : wrap(paragraph as string, WIDTH).join('\n'),
    ),
    columns(Object.entries({ ...flags, ...HELP }).map(([name, flag]) => [spelling(name, flag), flag.about])),
    ...(hasDurations ? ['Durations: 30s, 500ms, 1m30s; a plain number is milliseconds.'] : []),
    ...(first ? [`Each option is also a variable of the environment: --${first} is ${variableOf(first)}.`] : []),
    `Exit codes:\n${columns(Object.entries(exitCodes))}`,
  ].join('\n\n')
}

function spelling(name: string, { short, value }: Flags[string]): string {
  return `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`
}

/** Two columns, the second one wrapped; where the first is too wide, beneath it. */
function columns(rows: Table): string {
  const widest = Math.min(Math.max(...rows.map(([left]) => left.length)), 70)
  return rows
    .flatMap(([left, right]) => {
      const [first = '', ...others] = wrap(right, WIDTH - widest - 4)
      const indented = (text: string) => `${' '.repeat(widest + 4)}${text}`
      if (left.length > widest) return [`  ${left}`, ...[first, ...others].filter(Boolean).map(indented)]
      return [`  ${left.padEnd(widest)}  ${first}`.trimEnd(), ...others.map(indented)]
    })
    .join('\n')
}

export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return line ? [...lines, line] : lines
}
