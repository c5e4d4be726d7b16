/** Runs some of the histories, in a thread of its own; with a mutation, of the sources as that changes them. */
import { parentPort, workerData } from 'node:worker_threads'
import { mutateSources } from './mutations.ts'
import type { Assignment, Failure, Tally } from './runner.ts'

const { first, step, count, mutation, clockError, stopsAtFailure, explains } = workerData as Assignment
if (mutation) mutateSources(mutation)
// Only now: what they import may be mutated.
const { simulate } = await import('./history.ts')
const { shrink } = await import('./shrink.ts')
const { explain } = await import('./explain.ts')

/** More are rarely read. */
const EXPLAINED = 3
let explained = 0

for (let index = 0; index < count; index += 1) {
  const seed = first + index * step
  const { plan, faults, terms, requests, violations } = await simulate(seed, { clockError })
  let failure: Failure | undefined
  if (violations.length > 0) {
    explained += 1
    const explanation = explains && explained <= EXPLAINED ? explain(await shrink(plan)) : ''
    failure = { seed, violation: violations[0]!, explanation }
  }
  const tally: Tally = { histories: 1, faults, terms, requests, failures: failure ? [failure] : [] }
  parentPort!.postMessage(tally)
  if (failure && stopsAtFailure) break
}
