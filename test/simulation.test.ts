/** Histories by seed: real machines, a model of the server, a bad network and bad clocks, in virtual time. */
import { expect, test } from 'vitest'
import { expectNoViolation } from './simulation/expectations.ts'
import { simulate } from './simulation/history.ts'
import { runHistories } from './simulation/runner.ts'
import { atSlowServer } from './simulation/slow-server.ts'

/** `npm run test:long` goes on from there. */
const HISTORIES = 50

test(`${HISTORIES} histories without a violation`, { timeout: 600_000 }, () =>
  expectNoViolation({ histories: HISTORIES }),
)

/** Each found a mistake of ours once: see `found-by-simulation.test.ts`. */
const NOTABLE = [284, 793, 924, 942, 3_165, 3_406, 7_437, 11_005, 12_171, 18_532]

test.each(NOTABLE)('the history of seed %d, which once went wrong, goes well', async (seed) => {
  const { violations, trace } = await simulate(seed, { isTracing: true })
  expect(violations, trace.join('\n')).toEqual([])
})

test('with every request at 3.5 s, a leader of 15/10/2 keeps its term for ten minutes', async () => {
  const { terms, violations } = await atSlowServer(3_500)
  expect(violations).toEqual([])
  expect(terms).toBe(1)
})

test('the same seed gives the same history', { timeout: 60_000 }, async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const first = await simulate(seed, { isTracing: true })
    const second = await simulate(seed, { isTracing: true })
    expect(first.trace.length).toBeGreaterThan(20)
    expect(second.trace).toEqual(first.trace)
  }
})

test('clocks that err by more than is tolerated lead to two leaders, and that is noticed', {
  timeout: 120_000,
}, async () => {
  const { failures } = await runHistories({ histories: 200, clockError: 0.5, explains: false, stopsAtFailure: true })
  expect(failures.length).toBeGreaterThan(0)
  expect(failures[0]!.violation).toMatch(/lead at once/)
})
