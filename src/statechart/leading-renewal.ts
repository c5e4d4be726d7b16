/**
 * A term is renewed once an interval, at a phase of its own (lease/renewal-schedule.ts).
 *
 * - `holding` waits, `renewing` sends.
 * - `backoff` waits after a failure, `verifying` reads before anything is written again: the failed write may have been
 *   committed. `judging` decides at once what was read.
 */
import { backoffStates, backoffTransitions, noteFailure } from './backoff.ts'
import { attemptFor, observed } from './context.ts'
import type { Vocabulary } from './vocabulary.ts'

export function renewal(words: Vocabulary, retryBackoffs: readonly number[]) {
  return words.createStateConfig({
    initial: 'holding',
    states: {
      holding: {
        on: {
          clockDoubted: { target: 'renewing', actions: 'announceDoubt' },
          renewNow: 'renewing',
          verifyLease: 'verifying',
        },
        after: { renewInterval: 'renewing' },
      },
      renewing: {
        entry: 'noteSending',
        invoke: {
          id: 'renew',
          src: 'renewLease',
          input: ({ context }) => ({
            settings: context.settings,
            attempt: attemptFor(context, 'keep'),
            record: observed(context)!,
          }),
          onDone: { target: 'holding', actions: ['extendTerm', 'confirmRenewal', 'announceRenewal'] },
          onError: [
            { guard: 'errorIsFinal', target: '#election.deposed', actions: 'loseByRefusal' },
            { guard: 'errorIsFirstConflict', target: 'verifying', actions: 'noteConflict' },
            ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('renew')),
          ],
        },
      },
      verifying: {
        invoke: {
          id: 'verify',
          src: 'readLease',
          input: ({ context }) => ({ settings: context.settings, attempt: attemptFor(context, 'keep') }),
          onDone: { target: 'judging', actions: ['observeReading', 'announceHolder'] },
          onError: [
            { guard: 'errorIsFinal', target: '#election.deposed', actions: 'loseByRefusal' },
            ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('verify')),
          ],
        },
      },
      judging: {
        always: [
          { guard: 'holdsWriteToRenew', target: 'renewing' },
          { guard: 'holdsOwnWrite', target: 'holding' },
          { guard: 'leaseIsAbsent', target: '#election.deposed', actions: 'loseByDeletion' },
          { target: '#election.deposed', actions: 'loseToHolder' },
        ],
      },
      // Read before writing again: the failed write may have been committed.
      backoff: backoffStates(retryBackoffs, '#election.leading.renewal.verifying'),
    },
  })
}
