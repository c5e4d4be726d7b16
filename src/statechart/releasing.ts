/**
 * Gives the Lease back, by a conditional write and only while it is still this process's own.
 *
 * - `handingBack` writes; `looking` reads first, where it is not sure whose the Lease is; `judging` decides what was read.
 * - `backoff` waits after a failure, and then looks.
 * - `handedBack` is done; `abandoned` leaves the Lease to expire.
 */
import { backoffStates, backoffTransitions, noteFailure } from './backoff.ts'
import { attemptFor, observed } from './context.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Who led for life does not stand again: his process ends, and a new one does. */
const ENDS = [
  { guard: 'mustNotStandAgain', target: '#election.deposed', actions: 'loseByRequest' },
  { guard: 'isSteppingDown', target: '#election.observing.resting' },
  { target: '#election.released' },
] as const

export function releasing(words: Vocabulary, retryBackoffs: readonly number[]) {
  return words.createStateConfig({
    initial: 'handingBack',
    on: { stop: { actions: 'requestStop' } },
    after: { releaseTimeout: '.abandoned' },
    states: {
      handingBack: {
        invoke: {
          id: 'release',
          src: 'releaseLease',
          input: ({ context }) => ({
            settings: context.settings,
            attempt: attemptFor(context, 'release'),
            record: observed(context)!,
          }),
          onDone: 'handedBack',
          onError: [
            { guard: 'errorIsFinal', target: 'abandoned' },
            { guard: 'errorIsFirstConflict', target: 'looking', actions: 'noteConflict' },
            ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('release')),
          ],
        },
      },
      looking: {
        invoke: {
          id: 'look',
          src: 'readLease',
          input: ({ context }) => ({ settings: context.settings, attempt: attemptFor(context, 'release') }),
          onDone: { target: 'judging', actions: 'observeReading' },
          onError: [
            { guard: 'errorIsFinal', target: 'abandoned' },
            ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('release')),
          ],
        },
      },
      // A fresh read, a fresh belief: what another candidate holds by now is not ours to blank.
      judging: { always: [{ guard: 'holdsOwnWrite', target: 'handingBack' }, { target: 'handedBack' }] },
      backoff: backoffStates(retryBackoffs, '#election.releasing.looking'),
      handedBack: {
        entry: { type: 'announceRelease', params: { confirmed: true } },
        always: ENDS,
      },
      abandoned: {
        entry: { type: 'announceRelease', params: { confirmed: false } },
        always: ENDS,
      },
    },
  })
}
