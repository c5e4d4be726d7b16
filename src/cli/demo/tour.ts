/** The tour: each way to lose a leader once, then a summary. */
import { aligned } from '../aligned.ts'
import { type Cluster, DemoEnded } from './cluster.ts'
import { firstElection, gracefulStop, type HandOver, podDeleted, processKilled, processPaused, take } from './losses.ts'
import type { Output } from './output.ts'

const STEPS = [firstElection, podDeleted, processKilled, processPaused, gracefulStop]

/** Returns the exit code: 0 if every step ended with exactly one leader and none overlapped. */
export async function playTour(cluster: Cluster, output: Output): Promise<number> {
  const handOvers: HandOver[] = []
  for (const [index, step] of STEPS.entries()) {
    output.heading(`${index + 1}. ${step.title}`)
    try {
      handOvers.push(await take(step, cluster))
    } catch (error) {
      if (error instanceof DemoEnded) throw error
      output.plain(`FAILED: ${(error as Error).message}`)
      return 1
    }
  }
  output.heading('Summary')
  for (const line of table(handOvers)) output.plain(line)
  const { faults, overlaps } = cluster.timeline
  for (const fault of faults) output.plain(`FAULT: ${fault}`)
  output.plain()
  output.plain(`${handOvers.length} hand-overs, each with exactly one leader; ${overlaps.length} overlaps`)
  return faults.length === 0 ? 0 : 1
}

export function describeHandOver({ from, to, gap, takeover, stoodStill }: HandOver): string {
  const before = from ? `${from.pod} led until ${clock(from.until!)}` : 'nobody led'
  const measured = takeover ? `, ${takeover.milliseconds.toFixed(0)} ms after ${takeover.after}` : ''
  const without = gap === undefined ? '' : `; ${(gap / 1000).toFixed(3)} s without a leader`
  return `${before}; ${to.pod} leads since ${clock(to.from)}, fencing token ${to.fencingToken}${measured}${without}${interruption(stoodStill)}`
}

/** Its figures say nothing then. */
function interruption(stoodStill = 0): string {
  return stoodStill === 0 ? '' : ` (the demo was stopped for ${(stoodStill / 1000).toFixed(1)} s)`
}

function table(handOvers: readonly HandOver[]): string[] {
  const rows = handOvers.map(({ title, from, to, gap, takeover, stoodStill }) => [
    `${title}${interruption(stoodStill)}`,
    from ? `${from.pod} until ${clock(from.until!)}` : '-',
    `${to.pod} since ${clock(to.from)}`,
    String(to.fencingToken),
    gap === undefined ? '-' : `${(gap / 1000).toFixed(3)} s`,
    takeover ? `${takeover.milliseconds.toFixed(0)} ms after ${takeover.after}` : '-',
  ])
  return aligned([['hand-over', 'led', 'leads', 'token', 'no leader', 'taken over'], ...rows])
}

function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 23)
}
