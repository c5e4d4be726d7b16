/** All that the states say: delays, guards and actions, by name. Each is a word in their sentences. */
import { withAnnouncements } from './actions/announcements.ts'
import { withEndings } from './actions/endings.ts'
import { withFailures } from './actions/failures.ts'
import { withObservations } from './actions/observations.ts'
import { withTerms } from './actions/terms.ts'
import { base } from './base.ts'
import { withDelays } from './delays.ts'
import { withCandidateGuards, withLeaseGuards } from './guards.ts'

export type Vocabulary = ReturnType<typeof vocabulary>

/** @param random from 0 to 1, as of `Math.random`. */
export function vocabulary(retryBackoffs: readonly number[], random: () => number) {
  const timed = withDelays(base, retryBackoffs, random)
  const guarded = withCandidateGuards(withLeaseGuards(timed), retryBackoffs)
  const observing = withTerms(withObservations(guarded), random)
  return withAnnouncements(withEndings(withFailures(observing, retryBackoffs, random)))
}
