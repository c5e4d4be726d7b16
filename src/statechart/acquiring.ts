/**
 * One conditional write decides.
 *
 * - `claiming` sends it: creates the Lease, or takes it over.
 * - `backoff` waits after its failure, and then reads: a failed write may still have been committed.
 *
 * Keeps rule 2 of docs/protocol.md: leadership comes from a successful write of this process's own, and never from reading
 * one's own name in the Lease.
 */
import { backoffStates, backoffTransitions, noteFailure } from './backoff.ts'
import { attemptFor, observed } from './context.ts'
import { newsDuringRequest } from './news.ts'
import type { Vocabulary } from './vocabulary.ts'

export function acquiring(words: Vocabulary, retryBackoffs: readonly number[]) {
  return words.createStateConfig({
    initial: 'claiming',
    states: {
      claiming: {
        entry: ['expectClaim', 'noteSending'],
        invoke: {
          id: 'claim',
          src: 'claimLease',
          input: ({ context }) => ({
            settings: context.settings,
            record: observed(context),
            keepsOwners: context.isOwnerRefused,
            attempt: attemptFor(context, 'claim'),
          }),
          onDone: [
            { guard: 'isGivingUp', target: '#election.releasing', actions: ['beginTerm'] },
            { guard: 'claimIsOutdated', target: '#election.observing.reading', actions: 'observeClaim' },
            { guard: 'claimIsPremature', target: '#election.observing.reading', actions: 'observeClaim' },
            { target: '#election.leading', actions: ['beginTerm', 'verifyIfNews'] },
          ],
          onError: [
            { guard: 'errorIsFinal', target: '#election.failed', actions: 'failWithError' },
            // Whatever became of it, or of an earlier one: there may be something to give back.
            { guard: 'isGivingUp', target: '#election.releasing.looking' },
            // Not at once: meanwhile another one may have been seen to claim it.
            {
              guard: 'ownerIsRefused',
              target: '#election.observing.assessing',
              actions: ['noteOwnerRefused', 'settleClaim', 'announceOwnerRefused'],
            },
            {
              guard: 'errorIsFirstConflict',
              target: '#election.observing.reading',
              actions: ['noteConflict', 'settleClaim'],
            },
            { guard: 'retriesExhausted', target: '#election.failed', actions: 'failExhausted' },
            ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('claim')),
          ],
        },
        on: {
          ...newsDuringRequest,
          leaseChanged: [{ guard: 'changeIsOwn' }, ...newsDuringRequest.leaseChanged],
          // The write is on its way: its outcome decides whether there is something to release.
          stop: { actions: 'requestStop' },
          stepDown: { actions: 'requestStepDown' },
        },
      },
      backoff: {
        ...backoffStates(retryBackoffs, '#election.observing.reading'),
        on: {
          stop: { target: '#election.releasing.looking', actions: 'requestStop' },
          stepDown: { target: '#election.releasing.looking', actions: 'requestStepDown' },
        },
      },
    },
  })
}
