/** Every deliberate mistake is noticed: by the seed of the table, or by its scenario. */
import { test } from 'vitest'
import { expectNoticed } from '../simulation/expectations.ts'
import { readTable } from '../simulation/mutation-table.ts'

test.each(readTable())('is noticed: $mutation', { timeout: 120_000 }, expectNoticed)
