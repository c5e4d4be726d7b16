/** That the simulation would catch us: each deliberate mistake is noticed. */
import { describe, expect, test } from 'vitest'
import { readTable } from './simulation/mutation-table.ts'
import { MUTATIONS } from './simulation/mutations.ts'
import { runHistories, runScenario } from './simulation/runner.ts'
import { SCENARIOS, type ScenarioName } from './simulation/scenarios.ts'

/** Histories to search where the simulation has changed, and the seed of the table does not notice it any more. */
const SEARCH = 500

const table = readTable()

test('the table names every mistake, and none survives', () => {
  expect(table.map(({ mutation }) => mutation)).toEqual(MUTATIONS.map(({ name }) => name))
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(20)
})

test.each(Object.keys(SCENARIOS) as ScenarioName[])('nothing is noticed without a mistake in: %s', async (name) => {
  expect(await SCENARIOS[name]()).toBeUndefined()
})

describe('is noticed:', () => {
  test.each(table)('$mutation', { timeout: 120_000 }, async ({ mutation, seed }) => {
    const { scenario } = MUTATIONS.find(({ name }) => name === mutation)!
    if (scenario) {
      expect(await runScenario(scenario, mutation)).toBeTypeOf('string')
      return
    }
    const options = { mutation, stopsAtFailure: true, explains: false, workers: 1 }
    const { failures } = await runHistories({ ...options, ...(seed && { firstSeed: seed }), histories: 1 })
    if (failures.length > 0) return
    const searched = await runHistories({ ...options, histories: SEARCH })
    expect(searched.failures.length, 'not noticed any more: is it by another seed? `npm run mutations` looks').toBe(1)
  })
})
