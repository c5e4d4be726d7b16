/** Makes a failing history smaller, as long as it still fails in the same way: so that one can read it. */
import { type HistoryResult, runPlan } from './history.ts'
import type { Plan } from './plan.ts'

/** The smallest history found that violates the same rule, with its trace. */
export async function shrink(plan: Plan): Promise<HistoryResult> {
  let smallest = await runPlan(plan, { isTracing: true })
  const rule = ruleOf(smallest)
  const tryWith = async (smaller: Plan) => {
    const result = await runPlan(smaller, { isTracing: true })
    if (ruleOf(result) !== rule) return false
    smallest = result
    return true
  }
  for (let isProgress = true; isProgress; ) {
    isProgress = false
    for (const smaller of candidatesFor(smallest.plan)) {
      if (await tryWith(smaller)) {
        isProgress = true
        break
      }
    }
  }
  return smallest
}

/** A violation without its names and numbers. */
function ruleOf({ violations }: HistoryResult): string | undefined {
  return violations[0]?.replaceAll(/\b(p\d|uid-|pod-)[^\s,;:]*/g, 'X').replaceAll(/\d+/g, 'N')
}

/** What could be left out, the largest first. */
function* candidatesFor(plan: Plan): Generator<Plan> {
  const { faults, candidates } = plan
  for (let size = Math.ceil(faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < faults.length; from += size) {
      yield { ...plan, faults: faults.filter((_, index) => index < from || index >= from + size) }
    }
  }
  const waits = faults.length > 0 ? Math.min(...faults.map(({ at }) => at)) : 0
  for (const earlier of [waits * 0.9, waits * 0.5].filter((by) => by > 1_000)) {
    yield {
      ...plan,
      calmFrom: plan.calmFrom - earlier,
      faults: faults.map((fault) => ({ ...fault, at: fault.at - earlier })),
    }
  }
  if (plan.hasPeer) yield { ...plan, hasPeer: false }
  for (let index = candidates.length - 1; index >= 0 && candidates.length > 1; index -= 1) {
    yield {
      ...plan,
      candidates: candidates.filter((_, each) => each !== index),
      faults: faults
        .filter(({ target }) => target !== index)
        .map((fault) => ({ ...fault, target: fault.target > index ? fault.target - 1 : fault.target })),
    }
  }
}
