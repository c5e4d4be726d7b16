/** Runs many histories, on all cores. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ScenarioName } from './scenarios.ts'

export interface RunOptions {
  readonly firstSeed?: number
  readonly histories: number
  /** Name of a mutation of the protocol: see `mutations.ts`. */
  readonly mutation?: string | undefined
  /** How far the rates of clocks may be off; more than is tolerated must lead to violations. */
  readonly clockError?: number | undefined
  readonly stopsAtFailure?: boolean
  /** Make the first failing histories smaller and tell them. Default: true. */
  readonly explains?: boolean
  readonly workers?: number
  readonly onProgress?: (tally: Tally) => void
  readonly onFailure?: (failure: Failure) => void
}

export interface Tally {
  histories: number
  faults: number
  terms: number
  requests: number
  failures: Failure[]
}

export interface Failure {
  readonly seed: number
  readonly violation: string
  /** The shrunk history in words; empty where that was not asked for, or too many have failed already. */
  readonly explanation: string
}

/** What one thread does: `count` seeds from `first`, each `step` after the last. */
export interface Assignment {
  readonly first: number
  readonly step: number
  readonly count: number
  readonly mutation: string | undefined
  readonly clockError: number | undefined
  readonly stopsAtFailure: boolean
  readonly explains: boolean
}

/** Runs a scenario instead, of the sources as a mutation changes them; resolves with what it noticed. */
export interface ScenarioAssignment {
  readonly scenario: ScenarioName
  readonly mutation: string | undefined
}

export function runScenario(scenario: ScenarioName, mutation?: string): Promise<string | undefined> {
  let noticed: string | undefined
  const assignment: ScenarioAssignment = { scenario, mutation }
  return runWorker('scenario-worker.ts', assignment, (message: { noticed: string | undefined }) => {
    noticed = message.noticed
  }).then(() => noticed)
}

export async function runHistories({
  firstSeed = 1,
  histories,
  mutation,
  clockError,
  stopsAtFailure = false,
  explains = true,
  workers = availableParallelism(),
  onProgress,
  onFailure,
}: RunOptions): Promise<Tally> {
  const total: Tally = { histories: 0, faults: 0, terms: 0, requests: 0, failures: [] }
  const threads = Math.min(workers, histories)
  const add = (tally: Tally) => {
    total.histories += tally.histories
    total.faults += tally.faults
    total.terms += tally.terms
    total.requests += tally.requests
    total.failures.push(...tally.failures)
    for (const failure of tally.failures) onFailure?.(failure)
    onProgress?.(total)
  }
  await Promise.all(
    Array.from({ length: threads }, (_, index) => {
      const count = Math.floor((histories - index - 1) / threads) + 1
      const first = firstSeed + index
      return runThread({ first, step: threads, count, mutation, clockError, stopsAtFailure, explains }, add)
    }),
  )
  total.failures.sort((a, b) => a.seed - b.seed)
  return total
}

function runThread(assignment: Assignment, onTally: (tally: Tally) => void): Promise<void> {
  return runWorker('worker.ts', assignment, onTally)
}

function runWorker<Message>(file: string, assignment: unknown, onMessage: (message: Message) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: assignment,
      execArgv: [],
      // What a history leaves behind is garbage at its end: room for it saves collecting it in between.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    })
    worker.on('message', onMessage)
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a simulating thread ended with ${code}`))))
  })
}
