/** A thousand followers of one Lease: what takes too long for `npm test`. */
import { expect, test } from 'vitest'
import { handOvers } from '../support/herd.ts'

test('1,000 followers write at most five times on average when the Lease is released, and one leads after 50 ms at most', async () => {
  const { writes, took } = await handOvers(1_000)
  expect(writes).toBeLessThanOrEqual(5)
  expect(took).toBeLessThanOrEqual(50)
}, 120_000)
