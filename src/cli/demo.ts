/** `demo`: the main job, on an embedded API server. */
import { readArguments } from './arguments.ts'

export const USAGE = `  kubernetes-leader-election demo
  kubernetes-leader-election demo --tour

kubernetes-leader-election demo [options]

Starts an API server for Leases in this process (TLS, bearer tokens, on 127.0.0.1) and three candidates in processes of
their own. On a terminal, keys take the leader away (? tells them, q and Ctrl-C end it at once); otherwise a tour does,
and ends with a summary. Ctrl-Z stops the candidates too, and fg lets them go on.

  --tour    play the tour on a terminal too
  -h, --help
  --version

Colours are for terminals only, and not where NO_COLOR is set.

Exit codes: 0 every hand-over ended with exactly one leader and without overlap, 1 one did not, 2 wrong arguments,
3 anything else; 130 after Ctrl-C.`

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments(args, { tour: { type: 'boolean' } })
  const { play } = await import('./demo/play.ts') // the server and all: not for a wrong argument, nor for --help
  const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY)
  return play({ isInteractive: isTerminal && !values.tour })
}
