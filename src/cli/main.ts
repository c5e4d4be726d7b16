#!/usr/bin/env node
/** The command line: one file a command. What a command tells goes to stdout, diagnostics to stderr. */
import { ConfigurationError, ElectionError, messageOf } from '../errors.ts'
import { helpOf, NAME } from './arguments/help.ts'
import { UsageError, unknownName } from './arguments/usage-error.ts'
import { asksForHelp, asksForJson, asksForVersion } from './arguments.ts'
import { type Output, printFailure } from './json-lines.ts'
import { shownMessage } from './looking/lease-object.ts'
import { readVersion } from './version.ts'
import { failUnlessWritten } from './whole-output.ts'
import { withoutOptions } from './wording.ts'

interface Failures {
  readonly usage: number
  readonly other: number
  /** Where they are told with --json. Default: stdout. */
  readonly output?: Output
}

interface Command {
  readonly USAGE: string
  /** For wrong arguments or settings, and for anything else that it throws. Default: 2 and 3. */
  readonly FAILURES?: Failures
  /** Returns the exit code. */
  run(args: string[]): Promise<number>
}

const commands: Record<string, { readonly summary: string; readonly load: () => Promise<Command> }> = {
  demo: {
    summary: 'processes elect a leader on an embedded API server, lose it in several ways and elect the next',
    load: () => import('./demo.ts'),
  },
  elect: {
    summary: 'stand for election in the cluster of KUBECONFIG or of this pod, and tell what happens',
    load: () => import('./elect.ts'),
  },
  run: {
    summary: 'run a command only while this process leads',
    load: () => import('./run.ts'),
  },
  serve: {
    summary: 'stand for election as a sidecar, and answer over HTTP who leads',
    load: () => import('./serve.ts'),
  },
  status: {
    summary: 'who leads, since when and how surely; all Leases of a namespace as a table',
    load: () => import('./status.ts'),
  },
  doctor: {
    summary: 'look for what keeps an election from working here, and tell how to mend it',
    load: () => import('./doctor.ts'),
  },
  'step-down': {
    summary: 'ask the present leader to hand over, and wait for the next one',
    load: () => import('./step-down.ts'),
  },
  manifests: {
    summary: 'print what an election needs in the cluster: rights, a deployment, a sidecar',
    load: () => import('./manifests.ts'),
  },
}

/** What other commands start in processes of their own: nothing to type. */
const internal: typeof commands = {
  'demo-candidate': { summary: "a candidate of the demo's page", load: () => import('./demo/candidate.ts') },
}

const USAGE = helpOf({
  examples: [
    ['demo', 'an election to watch, without a cluster'],
    ['elect my-app --renewable', 'stand in the cluster of KUBECONFIG'],
    ['run my-app -- ./worker', 'run a command only while this process leads'],
  ],
  synopsis: 'COMMAND [options]',
  about: [Object.entries(commands).map(([name, { summary }]) => [name, summary] as const)],
  flags: {},
  exitCodes: { 0: 'done', 1: 'as the command says', 2: 'wrong arguments or settings', 3: 'anything else' },
})

const args = process.argv.slice(2)
process.exitCode = await run(args)

async function run([name, ...rest]: string[]): Promise<number> {
  let failures: Failures = { usage: 2, other: 3 }
  try {
    if (name === undefined || asksForHelp([name])) return print(USAGE)
    if (asksForVersion([name, ...rest])) return print(readVersion())
    const known = Object.hasOwn(internal, name) ? internal : commands
    if (!Object.hasOwn(known, name)) {
      throw unknownName(name.startsWith('-') ? 'option' : 'command', JSON.stringify(name), Object.keys(commands))
    }
    const command = await known[name]!.load()
    failures = command.FAILURES ?? failures
    return asksForHelp(rest) ? print(command.USAGE) : await command.run(rest)
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof ConfigurationError
    if (asksForJson(args)) printFailure(error, failures.output)
    else if (isUsage) console.error(`${shownMessage(withoutOptions(messageOf(error)))}\n${hint(args)}`)
    // What the library foresaw is told in its words; anything else with where it happened.
    else console.error(error instanceof ElectionError ? shownMessage(messageOf(error)) : error)
    return isUsage ? failures.usage : failures.other
  }
}

function print(text: string): number {
  failUnlessWritten()
  console.log(text)
  return 0
}

function hint([name = '']: string[]): string {
  return Object.hasOwn(commands, name) ? `Its options: ${NAME} ${name} --help` : `Its commands: ${NAME} --help`
}
