/** `doctor`: what keeps an election from working here, and how to mend it. It writes nothing. */

import { styleText } from 'node:util'
import { ConfigurationError } from '../errors.ts'
import type { Settings } from '../options/types.ts'
import { helpOf } from './arguments/help.ts'
import { UsageError } from './arguments/usage-error.ts'
import { type Arguments, readArguments } from './arguments.ts'
import { Cluster } from './cluster.ts'
import { examine } from './doctor/examination.ts'
import type { Finding, State } from './doctor/finding.ts'
import { ELECTION_FLAGS, JSON_FLAG, readElection, TIMING_FLAGS } from './election-options.ts'
import { printLine } from './json-lines.ts'
import { shownMessage } from './looking/lease-object.ts'
import { failUnlessWritten } from './whole-output.ts'

const FLAGS = {
  'for-life': { type: 'boolean', about: 'look whether it could lead for life: a pod, and the verb delete' },
  'max-clock-skew': {
    type: 'duration',
    value: 'DURATION',
    about: "what the election is to trust other machines' clocks within; default: not at all",
  },
  ...ELECTION_FLAGS,
  ...JSON_FLAG,
} as const

export const USAGE = helpOf({
  examples: [
    ['doctor my-app', 'can an election take place in the cluster of KUBECONFIG?'],
    ['doctor my-app --for-life --preset client-go', 'in a pod: as it would stand'],
    [
      'doctor my-app --json | jq -r "select(.manifest).manifest" | kubectl apply -f -',
      'adds the rights that it misses',
    ],
  ],
  synopsis: 'doctor [LEASE] [options]',
  about: [
    'Looks at what an election needs, with the options that it would be given: the environment, the kubeconfig, the API ' +
      'server and who one is to it, clock, latency, namespace, rights, admission, the pod, the Lease, the timing. A line for ' +
      'each, and beneath what is wrong how to mend it. It writes nothing: creating is tried as a dry run.',
    'It says nothing of other machines: run it where the application runs, as its service account.',
  ],
  flags: FLAGS,
  exitCodes: {
    0: 'an election can take place; there may be warnings',
    1: 'something keeps it from that: a line says FAIL',
    2: 'wrong arguments',
    3: 'anything else',
  },
})

export async function run(args: string[]): Promise<number> {
  const { isJson, settings, problem } = readDoctorArguments(args)
  failUnlessWritten()
  using cluster = new Cluster()
  const counts: Record<State, number> = { ok: 0, warning: 0, failure: 0, skipped: 0 }
  for await (const finding of examine({ cluster, settings }, problem)) {
    counts[finding.state] += 1
    if (isJson) printLine({ type: 'check', ...finding })
    else printFinding(finding)
  }
  if (isJson) printLine({ type: 'summary', ...counts })
  else printSummary(counts)
  return counts.failure > 0 ? 1 : 0
}

/**
 * Durations that can't be are a finding, like others: they may stand in a pod's environment.
 *
 * @throws UsageError
 */
export function readDoctorArguments(args: readonly string[]) {
  const given = readArguments(args, FLAGS, { positionals: ["the Lease's name"] })
  const { 'for-life': isForLife, 'max-clock-skew': maxClockSkew, json: isJson = false } = given.values
  const term = isForLife ? 'life' : 'renewable'
  const completed = (settings: Settings): Settings => ({ ...settings, term, maxClockSkew })
  const untimed = readElection('doctor', withoutTiming(given), 'renewable').settings
  try {
    return { isJson, settings: completed(readElection('doctor', given, 'renewable').settings), problem: undefined }
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigurationError)) throw error
    return { isJson, settings: completed(untimed), problem: error }
  }
}

function withoutTiming<Given extends Arguments<typeof ELECTION_FLAGS>>({ values, ...given }: Given): Given {
  const kept = Object.entries(values).filter(([name]) => !Object.hasOwn(TIMING_FLAGS, name))
  return { ...given, values: Object.fromEntries(kept) } as unknown as Given
}

const MARKS: Readonly<Record<State, readonly [mark: string, format: Parameters<typeof styleText>[0]]>> = {
  ok: ['ok  ', 'green'],
  warning: ['WARN', 'yellow'],
  failure: ['FAIL', 'red'],
  skipped: ['-   ', 'dim'],
}
const WIDEST_NAME = 11

/** What others wrote is in it: names, and what the server says. */
function printFinding({ check, state, says, mend, manifest }: Finding): void {
  const [mark, format] = MARKS[state]
  console.log(`${styled(format, mark)} ${check.padEnd(WIDEST_NAME)}  ${shownMessage(says)}`)
  for (const line of mend?.split('\n') ?? []) console.log(`${' '.repeat(5 + WIDEST_NAME + 2)}${shownMessage(line)}`)
  for (const line of manifest?.split('\n') ?? []) console.log(shownMessage(line))
}

function printSummary({ ok, warning, failure, skipped }: Readonly<Record<State, number>>): void {
  const verdict = failure > 0 ? 'something keeps an election from working here' : 'an election can take place here'
  console.log(`\n${verdict}. Failures: ${failure}, warnings: ${warning}, ok: ${ok}, not examined: ${skipped}`)
}

function styled(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout })
}
