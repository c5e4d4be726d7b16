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
import { assign, emit, enqueueActions, not, raise, setup, stateIn } from 'xstate'
import { timerDelay } from './clock.ts'
import { backoffIndex, backoffStates, backoffTransitions, retryName } from './election.backoff.ts'
import type {
  ElectionActors,
  ElectionContext,
  ElectionEmitted,
  ElectionEvent,
  ElectionOutput,
  LeaseWrite,
  Operation,
} from './election.types.ts'
import {
  ConflictError,
  DuplicateIdentityError,
  ForeignLeaseError,
  isFatal,
  LeadershipLostError,
  messageOf,
  RetriesExhaustedError,
  TransientApiError,
} from './errors.ts'
import { assess, isLater, isOwnWrite, type LeaseRecord, observe, UNREAD } from './lease.ts'
import { DEFAULT_RETRY_BACKOFFS, type ElectionInput, resolveSettings, validRetryBackoffs } from './options.ts'
import { describeLoss, type LossReason } from './tenure.ts'

export interface StatechartOptions {
  /** Milliseconds to wait after the first, second, … failure in a row. Default [100, 500, 1000, 2000, 4000]. */
  readonly retryBackoffs?: readonly number[]
}

/** Builds the statechart, still without its services: `provide` them (see `election.actors.ts`). */
export function buildStatechart(options: StatechartOptions = {}) {
  const retryBackoffs = validRetryBackoffs(options.retryBackoffs ?? DEFAULT_RETRY_BACKOFFS)

  return setup({
    types: {
      context: {} as ElectionContext,
      input: {} as ElectionInput | undefined,
      events: {} as ElectionEvent | { type: 'renewalConfirmed' } | { type: 'verifyLease' } | { type: 'renewNow' },
      emitted: {} as ElectionEmitted,
      output: {} as ElectionOutput,
    },
    actors: {} as ElectionActors,

    delays: {
      ...Object.fromEntries(
        retryBackoffs.map((delay, index) => [
          retryName(index),
          ({ context }: { context: ElectionContext }) => retryDelay(context, delay),
        ]),
      ),
      claimJitter: ({ context }) => timerDelay(Math.random() * context.settings.claimJitter),
      // One more millisecond: a timer may fire a fraction early, and a challenger must never be.
      leaseExpiry: ({ context }) => timerDelay(claimableAt(context) - context.now + 1),
      pollInterval: ({ context }) => timerDelay(context.settings.interval / (context.watching ? 1 : 3)),
      cooldown: ({ context }) => timerDelay(context.stopping?.kind === 'stepDown' ? context.stopping.cooldown : 0),
      renewInterval: ({ context }) => timerDelay(context.settings.interval - sinceSending(context)),
      termValidity: ({ context }) => timerDelay(context.settings.renewDeadline - sinceSending(context)),
      reportInterval: ({ context }) => timerDelay(context.settings.interval),
      drainTimeout: ({ context }) => timerDelay(context.settings.drainTimeout),
      releaseTimeout: ({ context }) => timerDelay(3 * context.settings.requestTimeout),
    },

    guards: {
      leaseIs: ({ context }, params: { assessment: ReturnType<typeof assess> }) =>
        assess(context.observation, context.now, context.settings) === params.assessment,
      changeIsLater: ({ context, event }) =>
        event.type === 'leaseChanged' && isLaterThanObserved(context, event.record) === true,
      changeIsOlder: ({ context, event }) =>
        event.type === 'leaseChanged' && isLaterThanObserved(context, event.record) === false,
      deletionIsOfObserved: ({ context, event }) =>
        event.type === 'leaseDeleted' && event.uid === observed(context)?.uid,
      changeIsOwn: ({ context, event }) => event.type === 'leaseChanged' && isOwnWrite(event.record, context.settings),
      changeIsOwnButEdited: ({ context, event }) =>
        event.type === 'leaseChanged' &&
        isOwnWrite(event.record, context.settings) &&
        event.record.leaseDuration !== context.settings.leaseDuration,

      isFailureNumber: ({ context }, params: { number: number }) => context.failures + 1 === params.number,
      errorIsFatal: ({ event }) => isFatal(errorOf(event)),
      errorIsConflict: ({ event }) => errorOf(event) instanceof ConflictError,
      errorIsFirstConflict: ({ context, event }) => errorOf(event) instanceof ConflictError && context.failures === 0,
      retriesExhausted: ({ context }) =>
        context.settings.term === 'life' && context.failures + 1 > retryBackoffs.length,

      isForLife: ({ context }) => context.settings.term === 'life',
      isAtWork: ({ context }) => context.atWork,
      isStopping: ({ context }) => context.stopping?.kind === 'stop',
      isGivingUp: ({ context }) => context.stopping !== undefined,
      isSteppingDown: ({ context }) => context.stopping?.kind === 'stepDown',
      claimMayBePending: ({ context }) => context.claimPending,
      identityIsDuplicate: ({ context }) => context.loss?.kind === 'duplicateIdentity',
      holdsOwnWrite: ({ context }) => {
        const record = observed(context)
        return record !== undefined && isOwnWrite(record, context.settings)
      },
      leaseIsAbsent: ({ context }) => context.observation.kind === 'absent',
      workIsStuckAtStop: ({ context }) => context.loss?.kind === 'workDidNotStop' && context.stopping?.kind === 'stop',
      stopAwaitsWork: ({ context }) => context.stopping?.kind === 'stop' && context.atWork,
      renewalIsSettled: not(stateIn({ leading: { renewal: 'renewing' } })),
    },

    actions: {
      observeReading: assign(({ context, event }) => {
        const { record, receivedAt } = outputOf<{
          record: LeaseRecord | undefined
          receivedAt: LeaseWrite['receivedAt']
        }>(event)
        return {
          observation: observe(context.observation, record, receivedAt, context.settings),
          now: receivedAt.monotonic,
          claimPending: false,
        }
      }),
      observeChange: assign(({ context, event }) => {
        if (event.type !== 'leaseChanged' && event.type !== 'leaseDeleted') return {}
        const record = event.type === 'leaseChanged' ? event.record : undefined
        return {
          observation: observe(context.observation, record, event.at, context.settings),
          now: event.at.monotonic,
        }
      }),
      expireLease: assign({ now: ({ context }) => Math.max(context.now, claimableAt(context)) }),
      beginTerm: assign(({ context, event }) => {
        const { record, sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        return {
          observation: observe(context.observation, record, receivedAt, context.settings),
          now: receivedAt.monotonic,
          tenure: {
            fencingToken: record.resourceVersion,
            transitions: record.transitions,
            sentAt,
            renewDeadline: context.settings.renewDeadline,
          },
          claimPending: false,
          loss: undefined,
          failures: 0,
          lastError: undefined,
        }
      }),
      extendTerm: assign(({ context, event }) => {
        const { record, sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        return {
          observation: observe(context.observation, record, receivedAt, context.settings),
          now: receivedAt.monotonic,
          tenure: { ...context.tenure!, sentAt },
          failures: 0,
          lastError: undefined,
        }
      }),
      confirmRenewal: raise({ type: 'renewalConfirmed' }),
      verifyLease: raise({ type: 'verifyLease' }),
      renewNow: raise({ type: 'renewNow' }),

      expectClaim: assign({ claimPending: true }),
      settleClaim: assign({ claimPending: false }),
      clearFailures: assign({ failures: 0, lastError: undefined, retryAfter: 0 }),
      noteConflict: assign(({ context }) => ({ failures: context.failures + 1, retryAfter: 0 })),
      noteFailure: enqueueActions(({ context, event, enqueue }, params: { operation: Operation }) => {
        const error = errorOf(event)
        const retryAfter = error instanceof TransientApiError ? error.retryAfter : 0
        const failures = context.failures + 1
        const delay = retryDelay({ ...context, retryAfter }, retryBackoffs[backoffIndex(retryBackoffs, failures)]!)
        enqueue.assign({ failures, lastError: error, retryAfter })
        enqueue.emit({ type: 'retrying', operation: params.operation, attempt: failures, delay, error })
      }),
      failWithError: assign({ error: ({ event }) => asError(errorOf(event)) }),
      failExhausted: assign({
        error: ({ context, event }) =>
          new RetriesExhaustedError(
            `${context.failures + 1} requests in a row failed, after ${retryBackoffs.length} retries; ` +
              `the last one: ${messageOf(errorOf(event))}`,
            { cause: errorOf(event) },
          ),
      }),
      failForeign: assign({ error: ({ context }) => foreignLease(context) }),
      failDuplicate: assign({ error: ({ context }) => duplicateIdentity(context) }),

      requestStop: assign({ stopping: { kind: 'stop' } as const }),
      requestStepDown: assign({
        stopping: ({ context, event }) => ({
          kind: 'stepDown' as const,
          cooldown: (event.type === 'stepDown' ? event.cooldown : undefined) ?? context.settings.interval,
        }),
      }),
      clearStopping: assign({ stopping: undefined }),

      loseByDeadline: assign({
        loss: ({ context }): LossReason => ({
          kind: 'deadline',
          ...(context.lastError !== undefined && { error: context.lastError }),
        }),
      }),
      loseByRefusal: assign({ loss: ({ event }): LossReason => ({ kind: 'forbidden', error: errorOf(event) }) }),
      loseByDeletion: assign({ loss: { kind: 'leaseDeleted' } as LossReason }),
      loseByWork: assign({ loss: { kind: 'workDidNotStop' } as LossReason }),
      loseToHolder: assign({
        loss: ({ context }): LossReason => {
          const holder = observed(context)?.holder
          return holder === context.settings.identity
            ? { kind: 'duplicateIdentity', error: duplicateIdentity(context) }
            : { kind: 'takenOver', by: holder }
        },
      }),
      failLost: assign({
        error: ({ context }) =>
          context.loss?.kind === 'duplicateIdentity'
            ? (context.loss.error as Error)
            : new LeadershipLostError(
                `leadership of ${context.settings.leaseName} lost: ${describeLoss(context.loss!)}`,
                context.loss!,
              ),
      }),

      markWatching: assign({ watching: true }),
      markWatchInterrupted: assign({ watching: false }),
      announceWatchInterruption: emit(({ event }) => ({
        type: 'watchInterrupted' as const,
        error: event.type === 'watchInterrupted' ? event.error : undefined,
      })),
      noteWorkStarted: assign({ atWork: true }),
      noteWorkEnded: assign({ atWork: false }),

      announceHolder: enqueueActions(({ context, enqueue }) => {
        const record = observed(context)
        if (record?.holder === context.leader) return
        enqueue.assign({ leader: record?.holder })
        enqueue.emit({ type: 'newLeader', holder: record?.holder, leaseDuration: record?.leaseDuration })
      }),
      announceLeading: emit(({ context }) => ({
        type: 'leading' as const,
        fencingToken: tokenOf(context),
        transitions: context.tenure!.transitions,
      })),
      announceRenewal: emit(({ context }) => ({ type: 'renewed' as const, fencingToken: tokenOf(context) })),
      announceDoubt: emit({ type: 'doubted' }),
      announceDraining: emit({ type: 'draining' }),
      report: emit(({ context }) => ({ type: 'reporting' as const, fencingToken: tokenOf(context) })),
      announceLoss: emit(({ context }) => ({
        type: 'lost' as const,
        reason: context.loss!,
        fencingToken: tokenOf(context),
      })),
      announceRelease: emit((_, params: { confirmed: boolean }) => ({ type: 'released' as const, ...params })),
      announceFailure: emit(({ context }) => ({ type: 'failed' as const, error: context.error! })),
    },
  }).createMachine({
    id: 'election',
    context: ({ input }) => ({
      settings: resolveSettings(input),
      observation: UNREAD,
      now: 0,
      tenure: undefined,
      leader: undefined,
      failures: 0,
      lastError: undefined,
      retryAfter: 0,
      watching: false,
      claimPending: false,
      atWork: false,
      stopping: undefined,
      loss: undefined,
      error: undefined,
    }),
    output: { outcome: 'released' },

    invoke: {
      id: 'watch',
      src: 'watchLease',
      input: ({ context }) => ({ settings: context.settings }),
      // The watch retries by itself; should it end all the same, polling goes on without it.
      onDone: { actions: 'markWatchInterrupted' },
      onError: { actions: 'markWatchInterrupted' },
    },
    on: {
      watchOpened: { actions: 'markWatching' },
      watchInterrupted: { actions: ['markWatchInterrupted', 'announceWatchInterruption'] },
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
            invoke: {
              id: 'read',
              src: 'readLease',
              input: ({ context }) => ({ settings: context.settings }),
              onDone: { target: 'assessing', actions: ['observeReading', 'announceHolder'] },
              onError: [
                { guard: 'errorIsFatal', target: '#election.failed', actions: 'failWithError' },
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
            entry: 'clearFailures',
            on: {
              leaseChanged: [
                { guard: 'changeIsLater', target: 'assessing', actions: ['observeChange', 'announceHolder'] },
                { guard: 'changeIsOlder' },
                { target: 'reading' },
              ],
              leaseDeleted: [
                { guard: 'deletionIsOfObserved', target: 'assessing', actions: ['observeChange', 'announceHolder'] },
                { target: 'reading' },
              ],
              watchOpened: { target: 'reading', actions: 'markWatching' },
              watchInterrupted: {
                target: 'reading',
                actions: ['markWatchInterrupted', 'announceWatchInterruption'],
              },
            },
            after: {
              leaseExpiry: { target: 'contending', actions: 'expireLease' },
              pollInterval: 'reading',
            },
          },
          contending: {
            on: {
              leaseChanged: [
                { guard: 'changeIsLater', target: 'assessing', actions: ['observeChange', 'announceHolder'] },
                { guard: 'changeIsOlder' },
                { target: 'reading' },
              ],
              leaseDeleted: [
                { guard: 'deletionIsOfObserved', target: 'assessing', actions: ['observeChange', 'announceHolder'] },
                { target: 'reading' },
              ],
            },
            after: { claimJitter: '#election.acquiring' },
          },
          resting: {
            on: {
              leaseChanged: { guard: 'changeIsLater', actions: ['observeChange', 'announceHolder'] },
              leaseDeleted: { guard: 'deletionIsOfObserved', actions: ['observeChange', 'announceHolder'] },
            },
            after: { cooldown: { target: 'reading', actions: 'clearStopping' } },
          },
          backoff: backoffStates(retryBackoffs, '#election.observing.reading'),
        },
      },

      acquiring: {
        initial: 'claiming',
        states: {
          claiming: {
            entry: 'expectClaim',
            invoke: {
              id: 'claim',
              src: 'claimLease',
              input: ({ context }) => ({ settings: context.settings, record: observed(context) }),
              onDone: [
                { guard: 'isGivingUp', target: '#election.releasing', actions: ['beginTerm'] },
                { target: '#election.leading', actions: ['beginTerm', 'announceHolder'] },
              ],
              onError: [
                { guard: 'errorIsFatal', target: '#election.failed', actions: 'failWithError' },
                { guard: 'errorIsConflict', target: '#election.acquiring.outrun', actions: 'settleClaim' },
                { guard: 'isGivingUp', target: '#election.releasing.looking' },
                { guard: 'retriesExhausted', target: '#election.failed', actions: 'failExhausted' },
                ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('claim')),
              ],
            },
            on: {
              // The write is on its way: its outcome decides whether there is something to release.
              stop: { actions: 'requestStop' },
              stepDown: { actions: 'requestStepDown' },
            },
          },
          outrun: {
            always: [
              { guard: 'isStopping', target: '#election.released' },
              { guard: 'isSteppingDown', target: '#election.observing.resting' },
              { target: '#election.observing.reading' },
            ],
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
        entry: 'announceLeading',
        on: {
          leaseChanged: [
            { guard: 'changeIsOlder' },
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
          watchOpened: { actions: ['markWatching', 'verifyLease'] },
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
                invoke: {
                  id: 'renew',
                  src: 'renewLease',
                  input: ({ context }) => ({ settings: context.settings, record: observed(context)! }),
                  onDone: { target: 'holding', actions: ['extendTerm', 'confirmRenewal', 'announceRenewal'] },
                  onError: [
                    { guard: 'errorIsFatal', target: '#election.deposed', actions: 'loseByRefusal' },
                    { guard: 'errorIsFirstConflict', target: 'verifying', actions: 'noteConflict' },
                    ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('renew')),
                  ],
                },
              },
              verifying: {
                invoke: {
                  id: 'verify',
                  src: 'readLease',
                  input: ({ context }) => ({ settings: context.settings }),
                  onDone: { target: 'judging', actions: ['observeReading', 'announceHolder'] },
                  onError: [
                    { guard: 'errorIsFatal', target: '#election.deposed', actions: 'loseByRefusal' },
                    ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('verify')),
                  ],
                },
              },
              judging: {
                always: [
                  { guard: 'holdsOwnWrite', target: 'renewing' },
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
                    { target: 'yielding', actions: 'requestStop' },
                  ],
                  stepDown: [
                    { guard: 'isAtWork', target: 'draining', actions: 'requestStepDown' },
                    { target: 'yielding', actions: 'requestStepDown' },
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
                always: { guard: 'renewalIsSettled', target: '#election.releasing' },
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
              input: ({ context }) => ({ settings: context.settings, record: observed(context)! }),
              onDone: 'handedBack',
              onError: [
                { guard: 'errorIsFatal', target: 'abandoned' },
                { guard: 'errorIsFirstConflict', target: 'looking', actions: 'noteConflict' },
                ...backoffTransitions(retryBackoffs, 'backoff', noteFailure('release')),
              ],
            },
          },
          looking: {
            invoke: {
              id: 'look',
              src: 'readLease',
              input: ({ context }) => ({ settings: context.settings }),
              onDone: { target: 'judging', actions: 'observeReading' },
              onError: [
                { guard: 'errorIsFatal', target: 'abandoned' },
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
              { guard: 'identityIsDuplicate', target: '#election.failed', actions: 'failLost' },
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

function noteFailure(operation: Operation) {
  return { type: 'noteFailure', params: { operation } } as const
}

function isLease(assessment: ReturnType<typeof assess>) {
  return { type: 'leaseIs', params: { assessment } } as const
}

function observed({ observation }: ElectionContext): LeaseRecord | undefined {
  return observation.kind === 'present' ? observation.record : undefined
}

function isLaterThanObserved(context: ElectionContext, record: LeaseRecord): boolean | undefined {
  const known = observed(context)
  return known === undefined || isLater(record, known)
}

function claimableAt({ observation, now }: ElectionContext): number {
  return observation.kind === 'unread' ? now : observation.claimableAt
}

/** Milliseconds by which the last successful write of this term precedes `now`. */
function sinceSending({ now, tenure }: ElectionContext): number {
  return now - tenure!.sentAt.monotonic
}

/** A server may ask for a longer wait than ours, but not for longer than a lease lasts. */
function retryDelay({ retryAfter, settings }: ElectionContext, backoff: number): number {
  return timerDelay(Math.max(backoff, Math.min(retryAfter, settings.leaseDuration)))
}

function tokenOf({ tenure }: ElectionContext): bigint {
  return BigInt(tenure!.fencingToken)
}

// XState types the events of an invoked service by its id; the actions here serve several services.
function outputOf<Output>(event: { type: string }): Output {
  return (event as unknown as { output: Output }).output
}

function errorOf(event: { type: string }): unknown {
  return (event as unknown as { error: unknown }).error
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error })
}

function foreignLease({ settings, observation }: ElectionContext): ForeignLeaseError {
  const record = observation.kind === 'present' ? observation.record : undefined
  const sign = record?.strategy
    ? `its spec.strategy is "${record.strategy}" (coordinated leader election decides who holds it)`
    : `it is owned by ${record?.owners.map(({ kind }) => `a ${kind}`).join(' and ')}`
  return new ForeignLeaseError(
    `the Lease ${settings.leaseName} belongs to another system: ${sign}. Choose another lease name.`,
  )
}

function duplicateIdentity({ settings }: ElectionContext): DuplicateIdentityError {
  return new DuplicateIdentityError(
    `another live process holds the Lease ${settings.leaseName} as "${settings.identity}", which is this candidate's ` +
      'identity too. Give each process an identity of its own: one election per pod, or the option `identity`.',
  )
}
