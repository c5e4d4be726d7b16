/**
 * A follower: knows, or is finding out, who leads.
 *
 * - `reading` asks for the Lease; `assessing` decides at once what the answer means.
 * - `following` waits for a change, for the record's expiry, or for the next poll.
 * - `contending` waits a random moment before it claims a free Lease: many may be about to.
 * - `resting` refrains after a step-down; `backoff` waits after a failed request.
 *
 * Keeps rule 9 of docs/protocol.md: a watch is a hint. What it does not tell is found by the expiry that was observed, and
 * by polling.
 */
import type { Assessment } from '../lease/observation.ts'
import { backoffStates, backoffTransitions, noteFailure } from './backoff.ts'
import { attemptFor } from './context.ts'
import { newsDuringRequest, reassess } from './news.ts'
import type { Vocabulary } from './vocabulary.ts'

export function observing(words: Vocabulary, retryBackoffs: readonly number[]) {
  return words.createStateConfig({
    initial: 'reading',
    on: {
      stop: [
        { guard: 'claimMayBePending', target: 'releasing.looking', actions: 'requestStop' },
        { target: 'released', actions: 'requestStop' },
      ],
      stepDown: [
        { guard: 'claimMayBePending', target: 'releasing.looking', actions: 'requestStepDown' },
        { target: '.resting', actions: 'requestStepDown' },
      ],
    },
    states: {
      reading: {
        entry: 'awaitNews',
        on: newsDuringRequest,
        invoke: {
          id: 'read',
          src: 'readLease',
          input: ({ context }) => ({ settings: context.settings, attempt: attemptFor(context, 'look') }),
          onDone: [
            { guard: 'newsIsLaterThanReading', target: 'reading', reenter: true },
            { target: 'assessing', actions: ['observeReading', 'announceHolder'] },
          ],
          onError: [
            { guard: 'errorIsFinal', target: '#election.failed', actions: 'failWithError' },
            { guard: 'retriesExhausted', target: '#election.failed', actions: 'failExhausted' },
            ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('read')),
          ],
        },
      },
      assessing: {
        always: [
          { guard: isLease('foreign'), target: '#election.failed', actions: 'failForeign' },
          { guard: isLease('duplicate'), target: '#election.failed', actions: 'failDuplicate' },
          { guard: isLease('ours'), target: '#election.acquiring' },
          { guard: isLease('free'), target: 'contending' },
          { target: 'following' },
        ],
      },
      following: {
        entry: ['clearFailures', 'establish'],
        on: {
          ...reassess,
          // What happened while nobody watched has to be looked up; but not each time that a stream ends soon.
          watchOpened: [{ guard: 'lookIsOld', target: 'reading', actions: 'noteStream' }, { actions: 'noteStream' }],
          // From now on it polls.
          watchInterrupted: {
            target: 'following',
            reenter: true,
            actions: ['noteNoStream', 'announceWatchInterruption'],
          },
        },
        after: {
          leaseExpiry: { target: 'contending', actions: 'expireLease' },
          pollInterval: 'reading',
        },
      },
      contending: {
        on: reassess,
        after: { claimJitter: '#election.acquiring' },
      },
      resting: {
        after: { cooldown: { target: 'reading', actions: 'clearStopping' } },
      },
      backoff: backoffStates(retryBackoffs, '#election.observing.reading'),
    },
  })
}

function isLease(assessment: Assessment) {
  return { type: 'leaseIs', params: { assessment } } as const
}
