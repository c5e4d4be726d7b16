/**
 * Exhaustively, in the small: two candidates and one server, every order of their steps and every fate of their messages
 * to a stated depth. The statechart, its services and the Lease's functions are the ones that ship.
 */
import { describe, expect, test } from 'vitest'
import { BROKEN } from './interleavings/broken.ts'
import { explore, summary } from './interleavings/explorer.ts'
import type { Beginning } from './interleavings/moves.ts'
import { SCENARIOS, type Scenario } from './interleavings/scenario.ts'

/** Together some seconds; `npm run explore` goes deeper. */
const EXPLORATIONS: readonly { scenario: Scenario; from: Beginning; depth: number }[] = [
  { scenario: SCENARIOS.faults, from: 'nothing', depth: 16 },
  { scenario: SCENARIOS.faults, from: 'term', depth: 15 },
  { scenario: SCENARIOS.crashes, from: 'term', depth: 12 },
  { scenario: SCENARIOS.strangers, from: 'term', depth: 11 },
  { scenario: SCENARIOS.watch, from: 'term', depth: 11 },
  { scenario: SCENARIOS.stops, from: 'term', depth: 9 },
  { scenario: SCENARIOS.stepsDown, from: 'term', depth: 17 },
  { scenario: SCENARIOS.life, from: 'term', depth: 10 },
  { scenario: SCENARIOS.pods, from: 'term', depth: 11 },
]

describe('never two leaders, tokens increase, writes are conditional, nobody is stuck', () => {
  test.each(EXPLORATIONS)(
    '$scenario.name, from $from',
    async (exploration) => {
      const found = await explore(exploration)
      console.log(summary(exploration.scenario, found))
      expect(found.violation?.trace.join('\n')).toBeUndefined()
      expect(found.led).toBeGreaterThan(500)
    },
    60_000,
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
