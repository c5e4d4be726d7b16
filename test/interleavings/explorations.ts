/** What the tests explore: together some twenty seconds. `npm run explore` goes deeper. */
import { expect } from 'vitest'
import { explore, summary } from './explorer.ts'
import type { Beginning } from './moves.ts'
import { SCENARIOS, type Scenario } from './scenario.ts'

export interface Exploration {
  readonly scenario: Scenario
  readonly from: Beginning
  readonly depth: number
}

export const EXPLORATIONS: readonly Exploration[] = [
  { scenario: SCENARIOS.faults, from: 'nothing', depth: 16 },
  { scenario: SCENARIOS.faults, from: 'term', depth: 15 },
  { scenario: SCENARIOS.crashes, from: 'term', depth: 12 },
  { scenario: SCENARIOS.strangers, from: 'term', depth: 11 },
  { scenario: SCENARIOS.watch, from: 'term', depth: 11 },
  { scenario: SCENARIOS.stops, from: 'term', depth: 9 },
  { scenario: SCENARIOS.stepsDown, from: 'term', depth: 17 },
  { scenario: SCENARIOS.life, from: 'term', depth: 10 },
  { scenario: SCENARIOS.pods, from: 'term', depth: 11 },
]

/** That nothing is violated in any order of the steps, and that somebody leads in many of the states. */
export async function expectSafe(exploration: Exploration): Promise<void> {
  const found = await explore(exploration)
  console.log(summary(exploration.scenario, found))
  expect(found.violation?.trace.join('\n')).toBeUndefined()
  expect(found.led).toBeGreaterThan(50)
}
