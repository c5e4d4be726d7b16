/** `demo`: the main job, on an embedded API server. */
import { readArguments } from './arguments.ts'
import { Cluster } from './demo/cluster.ts'
import { playInteractively } from './demo/interactive.ts'
import { createOutput } from './demo/output.ts'
import { playTour } from './demo/tour.ts'

export const USAGE = `  kubernetes-leader-election demo
  kubernetes-leader-election demo --tour

kubernetes-leader-election demo [options]

Starts an API server for Leases in this process (TLS, bearer tokens, on 127.0.0.1) and three candidates in processes of
their own. On a terminal, keys take the leader away; otherwise a tour does, and ends with a summary: exit code 0 if
every hand-over ended with exactly one leader and without overlap.

  --tour    play the tour on a terminal too
  -h, --help
  --version

Exit codes: 0 all went well, 1 a hand-over failed or two led at once, 2 wrong arguments, 3 anything else.`

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments(args, { tour: { type: 'boolean' } })
  const output = createOutput()
  const isInteractive = process.stdin.isTTY && process.stdout.isTTY && !values.tour
  const cluster = await Cluster.start(output)
  const interrupt = () => void cluster.close().finally(() => process.exit(130))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    return isInteractive ? await playInteractively(cluster, output) : await playTour(cluster, output)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
    await cluster.close()
  }
}
