/** On a terminal: a key for each way to lose the leader. */
import { type Cluster, DemoEnded } from './cluster.ts'
import type { Keys } from './keys.ts'
import { firstElection, gracefulStop, type Loss, podDeleted, processKilled, processPaused, take } from './losses.ts'
import type { Output } from './output.ts'
import { describeHandOver } from './tour.ts'

const LOSSES: Record<string, Loss> = { d: podDeleted, k: processKilled, p: processPaused, s: gracefulStop }
const HELP =
  "d delete the leader's pod · k kill the leader · p pause it past its term · s stop it gracefully · ? help · q quit"

/** Until somebody ends the demo; returns where a hand-over fails. */
export async function playInteractively(cluster: Cluster, output: Output, keys: Keys): Promise<number> {
  let underWay: Loss | undefined = firstElection
  let next = Promise.withResolvers<Loss>()
  keys.on('key', (key) => {
    const loss = Object.hasOwn(LOSSES, key) ? LOSSES[key] : undefined
    if (key === '?') output.plain(HELP)
    else if (!loss) output.plain(`${JSON.stringify(key)} is no key of the demo; ? tells which are`)
    else if (underWay) output.plain(`${key} is ignored: not over yet is "${underWay.title}"`)
    else next.resolve(loss)
  })
  output.plain(HELP)
  while (true) {
    try {
      output.plain(describeHandOver(await take(underWay, cluster)))
    } catch (error) {
      if (error instanceof DemoEnded) throw error
      output.plain(`FAILED: ${(error as Error).message}`)
      return 1
    }
    underWay = undefined
    next = Promise.withResolvers()
    underWay = await next.promise
    output.heading(underWay.title)
  }
}
