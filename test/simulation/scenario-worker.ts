/** Runs a scenario in a thread of its own, of the sources as a mutation changes them. */
import { parentPort, workerData } from 'node:worker_threads'
import { mutateSources } from './mutations.ts'
import type { ScenarioAssignment } from './runner.ts'

const { scenario, mutation } = workerData as ScenarioAssignment
if (mutation) mutateSources(mutation)
// Only now: what they import may be mutated.
const { SCENARIOS } = await import('./scenarios.ts')
parentPort!.postMessage({ noticed: await SCENARIOS[scenario]() })
// What a mutation leaves open must not keep the thread.
process.exit(0)
