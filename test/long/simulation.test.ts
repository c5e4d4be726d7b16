/** The histories after those of `simulation.test.ts`. */
import { test } from 'vitest'
import { expectNoViolation } from '../simulation/expectations.ts'

const [FIRST, LAST] = [51, 2_000]

test(`histories ${FIRST} to ${LAST} without a violation`, { timeout: 600_000 }, () =>
  expectNoViolation({ firstSeed: FIRST, histories: LAST - FIRST + 1 }),
)
