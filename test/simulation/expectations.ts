/** What the tests expect of a run of histories. */
import { expect } from 'vitest'
import { type RunOptions, runHistories } from './runner.ts'

/** That none violates anything, and that something does happen in them. */
export async function expectNoViolation({ firstSeed = 1, histories: wanted }: RunOptions): Promise<void> {
  const { histories, faults, terms, failures } = await runHistories({ firstSeed, histories: wanted })
  console.log(`histories: ${histories}, faults: ${faults}, violations: ${failures.length}`)
  expect(failures.map(({ seed, violation, explanation }) => explanation || `seed ${seed}: ${violation}`)).toEqual([])
  expect(histories).toBe(wanted)
  expect(faults).toBeGreaterThan(10 * wanted)
  expect(terms).toBeGreaterThan(2 * wanted)
}
