/** That the simulation would catch us: each deliberate mistake is noticed. `npm run test:long` shows it of all of them. */
import { describe, expect, test } from 'vitest'
import { expectNoticed } from './simulation/expectations.ts'
import { readTable } from './simulation/mutation-table.ts'
import { MUTATIONS } from './simulation/mutations.ts'

/** Up to this seed a mistake is among those that are looked at here. */
const FIRST_SEEDS = 1

const table = readTable()

test('the table names every mistake, and none survives', () => {
  expect(table.map(({ mutation }) => mutation)).toEqual(MUTATIONS.map(({ name }) => name))
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(20)
  const survivors = table.filter(({ mutation, seed }) => {
    const { scenario } = MUTATIONS.find(({ name }) => name === mutation)!
    return seed === undefined && scenario === undefined
  })
  expect(survivors).toEqual([])
})

describe('is noticed:', () => {
  test.each(table.filter(({ seed }) => seed !== undefined && seed <= FIRST_SEEDS))(
    '$mutation',
    { timeout: 120_000 },
    expectNoticed,
  )
})
