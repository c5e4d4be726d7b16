/** What clocks say about a term. */
import { validityOf } from '../../../src/lease/tenure.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'

/** Milliseconds: a tenth of the deadline, in which the clocks are compared, and a moment more. */
const [INTERVAL, DEADLINE, COMPARED] = [30_000, 40_000, 4_100]

/** Nobody asks whether it leads: it has to notice by itself. */
export async function clocksDisagree(): Promise<string | undefined> {
  const cluster = new MemoryCluster()
  const leader = cluster.candidate('a', { interval: INTERVAL, renewDeadline: DEADLINE, preset: 'default' })
  await cluster.until(() => leader.isLeading())
  await cluster.elapse(1_000)
  leader.clock.stepWall(DEADLINE)
  await cluster.elapse(COMPARED)
  return leader.events.some(({ type }) => type === 'doubted')
    ? undefined
    : `the clocks were not compared within ${COMPARED} ms`
}

export async function deadlineReached(): Promise<string | undefined> {
  const at = (time: number) => ({ monotonic: time, wall: time })
  const validity = validityOf({ sentAt: at(5), renewDeadline: DEADLINE }, at(5 + DEADLINE))
  return validity === 'over' ? undefined : `at its deadline a term is called ${validity}`
}
