/** Histories by seed: several real machines, one model of the API server, a bad network and bad clocks, in virtual time. */
import { expect, test } from 'vitest'
import { simulate } from './simulation/history.ts'

const HISTORIES = Number(process.env.HISTORIES ?? 100)
const FIRST = Number(process.env.SEED ?? 1)

test(`${HISTORIES} histories: never two leaders, tokens increase, every write is conditional, a leader after the calm`, async () => {
  let terms = 0
  for (let seed = FIRST; seed < FIRST + HISTORIES; seed += 1) {
    const { violations, trace, terms: led } = await simulate(seed)
    terms += led
    expect(violations, `seed ${seed}\n${trace.join('\n')}`).toEqual([])
  }
  expect(terms).toBeGreaterThan(HISTORIES)
}, 120_000)
