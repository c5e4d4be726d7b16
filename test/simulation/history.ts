/** One history: candidates, faults, and calm at the end, in which a leader must be found within the bound. */
import { takeoverBound } from '../../src/lease/liveness.ts'
import { DEFAULT_RETRY_BACKOFFS } from '../../src/options/timing.ts'
import { Cluster } from './cluster.ts'
import { beginFault, describeFault } from './faults.ts'
import { drawPlan, type Plan, type PlanOptions } from './plan.ts'
import { Referee } from './referee.ts'
import { World } from './world.ts'

export interface HistoryResult {
  readonly plan: Plan
  readonly faults: number
  readonly terms: number
  readonly requests: number
  readonly violations: readonly string[]
  /** What happened, in a form that one can read; empty unless asked for. */
  readonly trace: readonly string[]
}

export function simulate(seed: number, options: PlanOptions & { isTracing?: boolean } = {}): Promise<HistoryResult> {
  return runPlan(drawPlan(seed, options), options)
}

export async function runPlan(plan: Plan, { isTracing = false } = {}): Promise<HistoryResult> {
  const world = new World()
  const referee = new Referee(plan, world, { isTracing })
  const cluster = new Cluster(plan, world, referee)
  const check = () => {
    referee.check(cluster.processes)
    return referee.violations.length > 0
  }
  const result = () => ({
    plan,
    faults: plan.faults.length,
    terms: referee.termsLed,
    requests: referee.requests,
    violations: referee.violations,
    trace: referee.trace,
  })

  cluster.start()
  for (const fault of plan.faults) {
    world.at(fault.at, () => {
      referee.say(() => describeFault(fault))
      const end = beginFault(cluster, fault)
      if (end) {
        world.after(fault.length, () => {
          referee.say(() => `end of: ${fault.kind}`)
          end()
        })
      }
    })
  }
  const { copying } = plan
  if (copying) {
    world.at(copying.at, () => {
      const leader = copying.strikesLeader ? cluster.leadingSlot : undefined
      cluster.copyMachine(leader ?? copying.target)
    })
  }
  await world.runUntil(plan.calmFrom, check)
  if (referee.violations.length === 0) {
    referee.say('calm from here on')
    cluster.calmDown()
    await world.runUntil(plan.calmFrom + calmNeeded(plan), check)
  }
  if (referee.violations.length === 0) referee.finish([...cluster.processes], calmNeeded(plan))
  cluster.end()
  return result()
}

/** What the code promises, by the slowest clock; and what the cluster itself may need. */
function calmNeeded({ candidates }: Plan): number {
  const longest = Math.max(...candidates.map(({ leaseDuration }) => leaseDuration), 20_000)
  const bounds = candidates.map(
    (candidate) => takeoverBound(candidate, DEFAULT_RETRY_BACKOFFS, longest) / candidate.rate,
  )
  return Math.max(...bounds) + 40_000
}
