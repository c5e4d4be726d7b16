/** As `interleavings.test.ts`, a few steps deeper. */
import { test } from 'vitest'
import { EXPLORATIONS, expectSafe } from '../interleavings/explorations.ts'

test.each(EXPLORATIONS)('nothing is violated in $depth steps: $scenario.name, from $from', expectSafe)
