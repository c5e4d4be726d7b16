#!/usr/bin/env node
/** The command line: one file a command. What a command tells goes to stdout, diagnostics to stderr. */
import { ConfigurationError, messageOf } from '../errors.ts'
import { asksForHelp, asksForJson, asksForVersion, meant, UsageError } from './arguments.ts'
import { printFailure } from './json-lines.ts'
import { readVersion } from './version.ts'
import { withoutOptions } from './wording.ts'

interface Command {
  readonly USAGE: string
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
}

const NAME = 'kubernetes-leader-election'

const USAGE = `  ${NAME} demo
  ${NAME} elect my-app --renewable

${NAME} COMMAND [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`)
  .join('\n')}

  -h, --help   what a command does, and its options: ${NAME} COMMAND --help
  --version

Exit codes: 0 done, 1 as the command says, 2 wrong arguments or settings, 3 anything else.`

const args = process.argv.slice(2)
process.exitCode = await run(args).catch((error: unknown) => {
  const isUsage = error instanceof UsageError || error instanceof ConfigurationError
  if (asksForJson(args)) printFailure(error)
  else if (isUsage) console.error(`${withoutOptions(messageOf(error))}\n${hint(args)}`)
  else console.error(error)
  return isUsage ? 2 : 3
})

async function run([name, ...rest]: string[]): Promise<number> {
  if (name === undefined || asksForHelp([name])) {
    console.log(USAGE)
    return 0
  }
  if (asksForVersion([name, ...rest])) {
    console.log(readVersion())
    return 0
  }
  if (!Object.hasOwn(commands, name)) {
    const what = name.startsWith('-') ? 'option' : 'command'
    throw new UsageError(`unknown ${what} ${JSON.stringify(name)}; ${meant(name, Object.keys(commands))}`)
  }
  const command = await commands[name]!.load()
  if (asksForHelp(rest)) {
    console.log(command.USAGE)
    return 0
  }
  return command.run(rest)
}

function hint([name = '']: string[]): string {
  return Object.hasOwn(commands, name) ? `Its options: ${NAME} ${name} --help` : `Its commands: ${NAME} --help`
}
