#!/usr/bin/env node
/** The command line: one file a command. */
import { ConfigurationError } from '../errors.ts'

const USAGE = `kubernetes-leader-election <command>

  demo    processes elect a leader on an embedded API server, lose it in several ways and elect the next
  elect   stand for election in the cluster of KUBECONFIG or of this pod, and tell what happens

Options of a command: kubernetes-leader-election <command> --help`

interface Command {
  /** Returns the exit code. */
  run(args: string[]): Promise<number>
}

const commands: Record<string, () => Promise<Command>> = {
  demo: () => import('./demo.ts'),
  elect: () => import('./elect.ts'),
}

const [name = '--help', ...args] = process.argv.slice(2)
if (name === '--help' || name === '-h') {
  console.log(USAGE)
} else if (!(name in commands)) {
  console.error(`unknown command ${JSON.stringify(name)}; expected ${Object.keys(commands).join(' or ')}.\n\n${USAGE}`)
  process.exitCode = 2
} else {
  try {
    const command = await commands[name]!()
    process.exitCode = await command.run(args)
  } catch (error) {
    const isUsage =
      error instanceof ConfigurationError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
    console.error(isUsage ? (error as Error).message : error)
    process.exitCode = isUsage ? 2 : 1
  }
}
