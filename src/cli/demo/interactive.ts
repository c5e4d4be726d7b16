/** On a terminal: a key for each way to lose the leader. */
import { emitKeypressEvents } from 'node:readline'
import type { Cluster } from './cluster.ts'
import { firstElection, gracefulStop, type Loss, podDeleted, processKilled, processPaused } from './losses.ts'
import type { Output } from './output.ts'
import { describeHandOver } from './tour.ts'

const KEYS: Record<string, Loss> = { d: podDeleted, k: processKilled, p: processPaused, s: gracefulStop }
const HELP = "d delete the leader's pod · k kill the leader · p pause it past its term · s stop it gracefully · q quit"

export async function playInteractively(cluster: Cluster, output: Output): Promise<number> {
  output.plain(HELP)
  output.plain(describeHandOver(await firstElection.take(cluster)))
  const keys = readKeys()
  try {
    for await (const key of keys) {
      if (key === 'q') break
      const loss = KEYS[key]
      if (!loss) {
        output.plain(HELP)
        continue
      }
      output.heading(loss.title)
      output.plain(describeHandOver(await loss.take(cluster)))
    }
  } finally {
    keys.close()
  }
  const { faults } = cluster.timeline
  for (const fault of faults) output.plain(`FAULT: ${fault}`)
  return faults.length === 0 ? 0 : 1
}

/** One key at a time; those pressed while a hand-over is under way are forgotten. Ctrl-C is q. */
function readKeys(): AsyncIterable<string> & { close(): void } {
  const { stdin } = process
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  let waiting: ((key: string) => void) | undefined
  stdin.on('keypress', (_text, { name, ctrl }: { name?: string; ctrl?: boolean }) => {
    waiting?.(ctrl && name === 'c' ? 'q' : (name ?? ''))
    waiting = undefined
  })
  return {
    async *[Symbol.asyncIterator]() {
      while (true) yield await new Promise<string>((resolve) => (waiting = resolve))
    },
    close: () => {
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}
