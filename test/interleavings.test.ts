/**
 * Exhaustively, in the small: two candidates and one server, every order of their steps and every fate of their messages
 * to a stated depth. The statechart, its services and the Lease's functions are the ones that ship.
 */
import { describe, expect, test } from 'vitest'
import { BROKEN } from './interleavings/broken.ts'
import { EXPLORATIONS, expectSafe } from './interleavings/explorations.ts'
import { explore } from './interleavings/explorer.ts'

/** Fewer steps than `npm run test:long` explores, in which a leader is found and lost all the same. */
const FEWER = 3

describe('never two leaders, tokens increase, writes are conditional, nobody is stuck', () => {
  test.each(EXPLORATIONS)('$scenario.name, from $from', (exploration) =>
    expectSafe({ ...exploration, depth: exploration.depth - FEWER }),
  )
})

describe('a protocol that was broken on purpose is found out', () => {
  test.each(BROKEN.filter(({ takesLong }) => !takesLong))(
    '$name',
    async (protocol) => {
      const { scenario, finds } = protocol
      const exploration = await explore({ scenario, protocol, depth: 30, looksFor: finds })
      const { violation, states } = exploration
      expect(violation?.text).toContain(finds)
      const { trace } = violation!
      console.log(`${protocol.name}: found among ${states} states\n${trace.map((line) => `  ${line}`).join('\n')}`)
    },
    60_000,
  )
})
