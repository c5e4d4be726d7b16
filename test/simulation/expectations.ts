/** What the tests expect of a run of histories. */
import { expect } from 'vitest'
import type { Kill } from './mutation-table.ts'
import { MUTATIONS } from './mutations.ts'
import { type RunOptions, runHistories, runScenario } from './runner.ts'

/** That none violates anything, and that something does happen in them. */
export async function expectNoViolation({ firstSeed = 1, histories: wanted }: RunOptions): Promise<void> {
  const { histories, faults, terms, failures } = await runHistories({ firstSeed, histories: wanted })
  console.log(`histories: ${histories}, faults: ${faults}, violations: ${failures.length}`)
  expect(failures.map(({ seed, violation, explanation }) => explanation || `seed ${seed}: ${violation}`)).toEqual([])
  expect(histories).toBe(wanted)
  expect(faults).toBeGreaterThan(10 * wanted)
  expect(terms).toBeGreaterThan(2 * wanted)
}

/** Histories to search where the simulation has changed, and the seed of the table does not notice it any more. */
const SEARCH = 500

/** That the mistake is noticed: by its scenario, or by the seed of the table. */
export async function expectNoticed({ mutation, seed }: Kill): Promise<void> {
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
}
