/**
 * The election as a statechart. It reads no clock and knows nothing of Kubernetes: times come in with the output of
 * its services and with events, and go by through XState's clock.
 *
 * - `observing`: a follower. `reading` asks for the Lease, `assessing` decides at once what it means, `following` waits
 *   for a change, for the record's expiry or for the next poll, `contending` waits a random moment before it claims a
 *   free Lease, `resting` refrains after a step-down, `backoff` waits after a failed request.
 * - `acquiring`: one conditional write decides. `claiming` sends it, `backoff` waits after its failure and then reads,
 *   because a failed write may still have been committed.
 * - `leading`: `renewal` writes before the deadline, `validity` is the deadline, `reporting` says "I am the leader",
 *   `duty` stops in order: serving, then draining (the work is asked to stop), then yielding (a renewal under way is
 *   awaited, so that it can't cross the release).
 * - `releasing`: gives the Lease back, by a conditional write and only while it is still this process's own.
 * - `deposed`: the term ended otherwise. Waits for the work to stop before the candidate stands again.
 * - `released`: done. `lost` and `failed` end with an error that says why, which an observer, a parent's `onError` or
 *   `toPromise` receives; where nobody does, it is an uncaught exception, and the process ends.
 */

import type { Assessment } from '../lease/record.ts'
import { DEFAULT_RETRY_BACKOFFS, validRetryBackoffs } from '../options/options.ts'
import { backoffStates, backoffTransitions } from './backoff.ts'
import { attemptFor, initialContext, observed } from './context.ts'
import type { Operation } from './types.ts'
import { vocabulary } from './vocabulary.ts'

export interface StatechartOptions {
  /** Milliseconds to wait after the first, second, … failure in a row. Default [100, 500, 1000, 2000, 4000]. */
  readonly retryBackoffs?: readonly number[]
  /** From 0 to 1: draws the jitter of waits. For simulations. Default `Math.random`. */
  readonly random?: () => number
}

/** Builds the statechart, still without its services: `provide` them (see `kubernetes/election-services.ts`). */
export function buildStatechart(options: StatechartOptions = {}) {
  const retryBackoffs = validRetryBackoffs(options.retryBackoffs ?? DEFAULT_RETRY_BACKOFFS)

  return vocabulary(retryBackoffs, options.random ?? Math.random).createMachine({
    id: 'election',
    context: ({ input }) => initialContext(input),
    output: { outcome: 'released' },

    invoke: {
      id: 'watch',
      src: 'watchLease',
      input: ({ context }) => ({ settings: context.settings }),
      // The watch retries by itself; should it end all the same, polling goes on without it.
      onDone: { actions: 'noteNoStream' },
      onError: { actions: 'noteNoStream' },
    },
    // Who was refused until then, and never let in, is told that it has to be mended.
    after: { startTimeout: { actions: 'endStart' } },
    on: {
      ...keepInView,
      watchOpened: { actions: 'noteStream' },
      watchInterrupted: { actions: ['noteNoStream', 'announceWatchInterruption'] },
      workStarted: { actions: 'noteWorkStarted' },
      workEnded: { actions: 'noteWorkEnded' },
    },

    initial: 'observing',
    states: {
      observing: {
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
              watchOpened: [
                { guard: 'lookIsOld', target: 'reading', actions: 'noteStream' },
                { actions: 'noteStream' },
              ],
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
      },

      acquiring: {
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
      },

      leading: {
        type: 'parallel',
        entry: ['announceLeading', 'announceHolder'],
        on: {
          leaseChanged: [
            { guard: 'changeIsOlder' },
            {
              guard: 'changeIsByCopy',
              target: 'deposed',
              actions: ['observeChange', 'loseToHolder', 'announceHolder'],
            },
            // Somebody edited the duration by hand: challengers could come early, so it is stated anew at once.
            { guard: 'changeIsOwnButEdited', actions: ['observeChange', 'renewNow'] },
            { guard: 'changeIsOwn', actions: 'observeChange' },
            {
              guard: 'changeIsLater',
              target: 'deposed',
              actions: ['observeChange', 'loseToHolder', 'announceHolder'],
            },
            { actions: 'verifyLease' },
          ],
          leaseDeleted: {
            guard: 'deletionIsOfObserved',
            target: 'deposed',
            actions: ['observeChange', 'loseByDeletion', 'announceHolder'],
          },
          // What happened while nobody watched has to be looked up.
          watchOpened: [{ guard: 'lookIsOld', actions: ['noteStream', 'verifyLease'] }, { actions: 'noteStream' }],
        },
        states: {
          renewal: {
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
          },
          validity: {
            initial: 'counting',
            states: {
              counting: {
                invoke: {
                  id: 'clock',
                  src: 'watchClock',
                  input: ({ context }) => ({ tenure: context.tenure! }),
                  // It never ends by itself. Without it a suspend could go unnoticed, so then the term does not go on.
                  onDone: { target: '#election.deposed', actions: 'loseByDeadline' },
                  onError: { target: '#election.deposed', actions: 'loseByDeadline' },
                },
                on: { renewalConfirmed: { target: 'counting', reenter: true } },
                after: { termValidity: { target: '#election.deposed', actions: 'loseByDeadline' } },
              },
            },
          },
          reporting: {
            initial: 'waiting',
            states: {
              waiting: {
                entry: 'report',
                after: { reportInterval: { target: 'waiting', reenter: true } },
              },
            },
          },
          duty: {
            initial: 'serving',
            states: {
              serving: {
                on: {
                  stop: [
                    { guard: 'isAtWork', target: 'draining', actions: 'requestStop' },
                    { target: 'yielding', actions: ['requestStop', 'announceDraining'] },
                  ],
                  stepDown: [
                    { guard: 'isAtWork', target: 'draining', actions: 'requestStepDown' },
                    { target: 'yielding', actions: ['requestStepDown', 'announceDraining'] },
                  ],
                },
              },
              draining: {
                entry: 'announceDraining',
                on: {
                  workEnded: { target: 'yielding', actions: 'noteWorkEnded' },
                  stop: { actions: 'requestStop' },
                },
                after: { drainTimeout: { target: '#election.deposed', actions: 'loseByWork' } },
              },
              yielding: {
                on: { stop: { actions: 'requestStop' } },
                always: [
                  { guard: 'renewalSucceeded', target: '#election.releasing' },
                  // Read before writing again: the failed write may have been committed.
                  { guard: 'renewalIsSettled', target: '#election.releasing.looking' },
                ],
              },
            },
          },
        },
      },

      releasing: {
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
            always: [
              { guard: 'isSteppingDown', target: '#election.observing.resting' },
              { target: '#election.released' },
            ],
          },
          abandoned: {
            entry: { type: 'announceRelease', params: { confirmed: false } },
            always: [
              { guard: 'isSteppingDown', target: '#election.observing.resting' },
              { target: '#election.released' },
            ],
          },
        },
      },

      deposed: {
        initial: 'judging',
        entry: ['announceLoss', 'clearFailures'],
        on: { stepDown: { actions: 'requestStepDown' } },
        states: {
          judging: {
            always: [
              { guard: 'isForLife', target: '#election.lost', actions: 'failLost' },
              { guard: 'workIsStuckAtStop', target: '#election.lost', actions: 'failLost' },
              { guard: 'stopAwaitsWork', target: 'stopping' },
              { guard: 'isAtWork', target: 'settling' },
              { target: 'settled' },
            ],
          },
          settling: {
            on: {
              workEnded: { target: 'settled', actions: 'noteWorkEnded' },
              stop: { target: 'stopping', actions: 'requestStop' },
            },
          },
          stopping: {
            on: { workEnded: { target: 'settled', actions: 'noteWorkEnded' } },
            after: { drainTimeout: { target: '#election.lost', actions: ['loseByWork', 'failLost'] } },
          },
          settled: {
            always: [
              { guard: 'isStopping', target: '#election.released' },
              { guard: 'identityIsDuplicate', target: '#election.failed', actions: 'failLost' },
              { guard: 'isSteppingDown', target: '#election.observing.resting' },
              { target: '#election.observing.reading' },
            ],
          },
        },
      },

      released: { type: 'final' },
      // These two end the election with an error. No `onError` here on purpose: it is the observers' or the parent's.
      lost: { invoke: { id: 'escalate', src: 'escalate', input: ({ context }) => ({ error: context.error! }) } },
      failed: {
        entry: 'announceFailure',
        invoke: { id: 'escalate', src: 'escalate', input: ({ context }) => ({ error: context.error! }) },
      },
    },
  })
}

/** Whatever a candidate does: who was seen to hold the Lease must not be forgotten, should it be gone when next read. */
const keepInView = {
  leaseChanged: { guard: 'changeIsLater', actions: ['observeChange', 'announceHolder'] },
  leaseDeleted: { guard: 'deletionIsOfObserved', actions: ['observeChange', 'announceHolder'] },
} as const

/** The answer that is under way may be older than the news, or newer: that is decided when it is there. */
const newsDuringRequest = {
  leaseChanged: [
    { guard: 'changeIsLater', actions: ['noteNews', 'observeChange', 'announceHolder'] },
    { actions: 'noteNews' },
  ],
  leaseDeleted: [
    { guard: 'deletionIsOfObserved', actions: ['noteNews', 'observeChange', 'announceHolder'] },
    { actions: 'noteNews' },
  ],
} as const

/** What a follower does about news: judge it, unless it is old; where it can't be placed, ask. */
const reassess = {
  leaseChanged: [
    { guard: 'changeIsLater', target: 'assessing', actions: ['observeChange', 'announceHolder'] },
    { guard: 'changeIsOlder' },
    { target: 'reading' },
  ],
  leaseDeleted: [
    { guard: 'deletionIsOfObserved', target: 'assessing', actions: ['observeChange', 'announceHolder'] },
    { target: 'reading' },
  ],
} as const

function noteFailure(operation: Operation) {
  return { type: 'noteFailure', params: { operation } } as const
}

function isLease(assessment: Assessment) {
  return { type: 'leaseIs', params: { assessment } } as const
}
