/** Every deliberate mistake is noticed: by the seed of the table, or by its scenario. */
import { expect, test } from 'vitest'
import { expectNoticed } from '../simulation/expectations.ts'
import { readTable } from '../simulation/mutation-table.ts'
import { SCENARIOS, type ScenarioName } from '../simulation/scenarios.ts'

test.each(readTable())('is noticed: $mutation', { timeout: 120_000 }, expectNoticed)

test.each(Object.keys(SCENARIOS) as ScenarioName[])('nothing is noticed without a mistake in: %s', async (name) => {
  expect(await SCENARIOS[name]()).toBeUndefined()
})
