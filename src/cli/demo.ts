/** `demo`: the main job, on an embedded API server. */

import { helpOf } from './arguments/help.ts'
import { UsageError } from './arguments/usage-error.ts'
import { readArguments } from './arguments.ts'

const FLAGS = {
  tour: { type: 'boolean', about: 'play the tour on a terminal too' },
  web: { type: 'boolean', about: 'on a page, which it serves on 127.0.0.1 and does not open by itself' },
  port: { type: 'count', value: 'NUMBER', about: 'of the page. Default: a free one' },
} as const
const HIGHEST_PORT = 65_535

export const USAGE = helpOf({
  examples: [
    ['demo', 'on a terminal: keys take the leader away'],
    ['demo --tour', 'by itself, with a summary'],
    ['demo --web', 'on a page: statecharts, the Lease, the requests, and buttons for what can go wrong'],
  ],
  synopsis: 'demo [options]',
  about: [
    'Starts an API server for Leases in this process (TLS, bearer tokens, on 127.0.0.1) and three candidates in processes ' +
      'of their own. On a terminal, keys take the leader away (? tells them, q and Ctrl-C end it at once); otherwise a tour ' +
      'does, and ends with a summary. Ctrl-Z stops the candidates too, and fg lets them go on.',
    'With --web what happens to the candidates is decided on the page, and the demo goes on until q, Ctrl-C or SIGTERM.',
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
  const { values, given } = readArguments(args, FLAGS)
  const { tour, web, port = 0 } = values
  const named = given.get('port')
  if (port > HIGHEST_PORT) {
    throw new UsageError(
      `${named!.name} is ${named!.text}; expected a port up to ${HIGHEST_PORT}, or 0 for a free one.`,
    )
  }
  if (!web && named?.name.startsWith('-')) throw new UsageError(`${named.name} is for the page; give --web too.`)
  if (web && tour) throw new UsageError('--tour plays by itself, --web is played on a page; expected one of them.')
  const { play } = await import('./demo/play.ts') // the server and all: not for a wrong argument, nor for --help
  const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY)
  return play({ isInteractive: isTerminal && !tour, web: web ? { port } : undefined })
}
