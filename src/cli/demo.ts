/** `demo`: the main job, on an embedded API server. */

import { helpOf } from './arguments/help.ts'
import { readArguments } from './arguments.ts'

const FLAGS = { tour: { type: 'boolean', about: 'play the tour on a terminal too' } } as const

export const USAGE = helpOf({
  examples: [
    ['demo', 'on a terminal: keys take the leader away'],
    ['demo --tour', 'by itself, with a summary'],
  ],
  synopsis: 'demo [options]',
  about: [
    'Starts an API server for Leases in this process (TLS, bearer tokens, on 127.0.0.1) and three candidates in processes ' +
      'of their own. On a terminal, keys take the leader away (? tells them, q and Ctrl-C end it at once); otherwise a tour ' +
      'does, and ends with a summary. Ctrl-Z stops the candidates too, and fg lets them go on.',
    'Colours are for terminals only, and not where NO_COLOR is set.',
  ],
  flags: FLAGS,
  exitCodes: {
    0: 'every hand-over ended with exactly one leader and without overlap',
    1: 'one did not',
    2: 'wrong arguments',
    3: 'anything else',
    130: 'Ctrl-C',
  },
})

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments(args, FLAGS)
  const { play } = await import('./demo/play.ts') // the server and all: not for a wrong argument, nor for --help
  const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY)
  return play({ isInteractive: isTerminal && !values.tour })
}
