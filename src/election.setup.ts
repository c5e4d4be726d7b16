/**
 * What the statechart names: its delays, guards and actions, each a word in its sentences.
 *
 * Delays are computed from the context alone, in milliseconds; guards look, actions assign to the context or emit.
 */
import { assign, emit, enqueueActions, not, raise, setup, stateIn } from 'xstate'
import { gaveUp, measured } from './attempt.ts'
import { type Instant, timerDelay } from './clock.ts'
import { claimDelay, claimWindow } from './contention.ts'
import { backoffIndex, retryName } from './election.backoff.ts'
import {
  assessed,
  attemptFor,
  canDoWithoutOwner,
  duplicateIdentity,
  errorOf,
  foreignLease,
  isFinal,
  leadershipLost,
  observed,
  outputOf,
  pollDelay,
  pollWithoutWatch,
  retriesExhausted,
  retryDelay,
  sinceSending,
  tokenOf,
} from './election.context.ts'
import type {
  ElectionActors,
  ElectionContext,
  ElectionEmitted,
  ElectionEvent,
  ElectionOutput,
  LeaseReading,
  LeaseWrite,
  Operation,
  WatchEvent,
} from './election.types.ts'
import { tokenEvent } from './emitted.ts'
import { ConflictError, isRefusal, TransientApiError } from './errors.ts'
import { type Assessment, assess, isLater, isNews, isOwnWrite, isTwin, type LeaseRecord, observe } from './lease.ts'
import type { ElectionInput } from './options.ts'
import {
  clarified,
  conflicted,
  isByCopy,
  isStrange,
  type OwnWrites,
  sending,
  succeeded,
  unanswered,
} from './own-writes.ts'
import { type LossReason, validityOf } from './tenure.ts'

/** What the regions of `leading` tell each other. */
type InternalEvent = { type: 'renewalConfirmed' } | { type: 'verifyLease' } | { type: 'renewNow' }

/** @param random from 0 to 1, as of `Math.random`. */
export function setupElection(retryBackoffs: readonly number[], random: () => number) {
  return setup({
    types: {
      context: {} as ElectionContext,
      input: {} as ElectionInput | undefined,
      events: {} as ElectionEvent | InternalEvent,
      emitted: {} as ElectionEmitted,
      output: {} as ElectionOutput,
    },
    actors: {} as ElectionActors,

    delays: {
      ...Object.fromEntries(
        retryBackoffs.map((_, index) => [
          retryName(index),
          ({ context }: { context: ElectionContext }) => context.wait,
        ]),
      ),
      claimJitter: ({ context: { settings, roundTrip, failures } }) =>
        timerDelay(claimDelay(claimWindow(settings.claimJitter, roundTrip, failures), random())),
      // One more millisecond: a timer may fire a fraction early, and a challenger must never be.
      leaseExpiry: ({ context }) => timerDelay(context.observation.claimableAt - context.now + 1),
      pollInterval: ({ context }) => pollDelay(context, random()),
      startTimeout: ({ context }) => timerDelay(context.settings.startTimeout),
      /* v8 ignore next -- only who steps down rests; the types don't know */
      cooldown: ({ context }) => timerDelay(context.stopping?.kind === 'stepDown' ? context.stopping.cooldown : 0),
      renewInterval: ({ context }) => timerDelay(context.settings.interval - sinceSending(context)),
      termValidity: ({ context }) => timerDelay(context.settings.renewDeadline - sinceSending(context)),
      reportInterval: ({ context }) => timerDelay(context.settings.interval),
      drainTimeout: ({ context }) => timerDelay(context.settings.drainTimeout),
      releaseTimeout: ({ context }) => timerDelay(3 * attemptFor(context, 'release').patience),
    },

    guards: {
      leaseIs: ({ context }, params: { assessment: Assessment }) => assessed(context) === params.assessment,
      changeIsLater: ({ context, event }) =>
        event.type === 'leaseChanged' && isNews(event.record, context.observation) === true,
      changeIsOlder: ({ context, event }) =>
        event.type === 'leaseChanged' && isNews(event.record, context.observation) === false,
      deletionIsOfObserved: ({ context, event }) =>
        event.type === 'leaseDeleted' && event.uid === observed(context)?.uid,
      changeIsByCopy: ({ context: { ownWrites, settings }, event }) =>
        event.type === 'leaseChanged' && isByCopy(event.record, ownWrites, settings),
      changeIsOwn: ({ context, event }) => event.type === 'leaseChanged' && isOwnWrite(event.record, context.settings),
      changeIsOwnButEdited: ({ context, event }) =>
        event.type === 'leaseChanged' &&
        isOwnWrite(event.record, context.settings) &&
        event.record.leaseDuration !== context.settings.leaseDuration,

      isFailureNumber: ({ context }, params: { number: number }) => context.failures + 1 === params.number,
      errorIsFinal: ({ context, event }) => isFinal(context, errorOf(event)),
      ownerIsRefused: ({ context, event }) => canDoWithoutOwner(context, errorOf(event)),
      errorIsFirstConflict: ({ context, event }) => errorOf(event) instanceof ConflictError && context.failures === 0,
      retriesExhausted: ({ context }) =>
        context.settings.endAfterRetries && context.failures + 1 > retryBackoffs.length,
      lookIsOld: ({ context, event }) =>
        event.type === 'watchOpened' &&
        (context.lookedAt === undefined || event.at.monotonic - context.lookedAt >= pollWithoutWatch(context)),

      // A newer state than the one that was just read: it has to be read once more.
      newsIsLaterThanReading: ({ context: { news }, event }) => {
        const { record } = outputOf<LeaseReading>(event)
        if (news?.type === 'leaseDeleted') return news.uid === record?.uid
        return news?.type === 'leaseChanged' && (record === undefined || isLater(news.record, record) !== false)
      },
      // The process stood still or was suspended meanwhile: a term that began with the sending would be over already.
      claimIsOutdated: ({ context, event }) => {
        const { sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        return validityOf({ sentAt, renewDeadline: context.settings.renewDeadline }, receivedAt) !== 'valid'
      },
      // Another one was seen to hold a Lease that was deleted while the claim was on its way, and may still believe.
      claimIsPremature: ({ context: { observation, settings }, event }) => {
        const { record, receivedAt } = outputOf<LeaseWrite>(event)
        return assess(observe(observation, record, receivedAt, settings), receivedAt.monotonic, settings) !== 'ours'
      },

      isForLife: ({ context }) => context.settings.term === 'life',
      isAtWork: ({ context }) => context.atWork,
      isStopping: ({ context }) => context.stopping?.kind === 'stop',
      isGivingUp: ({ context }) => context.stopping !== undefined,
      isSteppingDown: ({ context }) => context.stopping?.kind === 'stepDown',
      claimMayBePending: ({ context }) => context.claimPending,
      identityIsDuplicate: ({ context }) => context.loss?.kind === 'duplicateIdentity',
      holdsOwnWrite: ({ context }) => holdsOwnWrite(context),
      // Something went wrong with the last renewal, or somebody changed what it stated.
      holdsWriteToRenew: ({ context }) => {
        if (!holdsOwnWrite(context)) return false
        return context.failures > 0 || observed(context)!.leaseDuration !== context.settings.leaseDuration
      },
      leaseIsAbsent: ({ context }) => context.observation.kind === 'absent',
      workIsStuckAtStop: ({ context }) => context.loss?.kind === 'workDidNotStop' && context.stopping?.kind === 'stop',
      stopAwaitsWork: ({ context }) => context.stopping?.kind === 'stop' && context.atWork,
      renewalSucceeded: stateIn({ leading: { renewal: 'holding' } }),
      renewalIsSettled: not(stateIn({ leading: { renewal: 'renewing' } })),
    },

    actions: {
      observeReading: assign(({ context, event }) => {
        const { record, ...times } = outputOf<LeaseReading>(event)
        return {
          ...answered(context, times),
          ...foundOut(context, record, times.receivedAt),
          watching: context.streamStands,
          claimPending: false,
        }
      }),
      observeChange: assign(({ context, event }) => {
        /* v8 ignore next -- what it is called for; the types don't know */
        if (event.type !== 'leaseChanged' && event.type !== 'leaseDeleted') return {}
        const record = event.type === 'leaseChanged' ? event.record : undefined
        return foundOut(context, record, event.at)
      }),
      expireLease: assign({ now: ({ context }) => Math.max(context.now, context.observation.claimableAt) }),
      beginTerm: assign(({ context, event }) => {
        const { record, sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        return {
          ...answered(context, { sentAt, receivedAt }),
          ...seen(context, record, receivedAt),
          tenure: {
            fencingToken: record.resourceVersion,
            transitions: record.transitions,
            sentAt,
            renewDeadline: context.settings.renewDeadline,
          },
          isEstablished: true,
          claimPending: false,
          ownWrites: succeeded(record),
          loss: undefined,
          failures: 0,
          lastError: undefined,
        }
      }),
      extendTerm: assign(({ context, event }) => {
        const { record, sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        return {
          ...answered(context, { sentAt, receivedAt }),
          ...seen(context, record, receivedAt),
          tenure: { ...context.tenure!, sentAt },
          ownWrites: succeeded(record),
          failures: 0,
          lastError: undefined,
        }
      }),
      confirmRenewal: raise({ type: 'renewalConfirmed' }),
      verifyLease: raise({ type: 'verifyLease' }),
      renewNow: raise({ type: 'renewNow' }),

      awaitNews: assign({ news: undefined }),
      noteNews: assign({ news: ({ event }) => event as WatchEvent }),
      verifyIfNews: enqueueActions(({ context, enqueue }) => {
        if (context.news) enqueue.raise({ type: 'verifyLease' })
      }),
      observeClaim: assign(({ context, event }) => {
        const { record, ...times } = outputOf<LeaseWrite>(event)
        return {
          ...answered(context, times),
          ...seen(context, record, times.receivedAt),
          ownWrites: succeeded(record),
        }
      }),
      expectClaim: assign({ claimPending: true, news: undefined }),
      settleClaim: assign({ claimPending: false }),
      noteSending: assign({ ownWrites: ({ context }) => sending(context.ownWrites, observed(context)) }),
      clearFailures: assign({ failures: 0, lastError: undefined }),
      noteConflict: assign({
        failures: ({ context }) => context.failures + 1,
        ownWrites: ({ context, event }) => conflicted(context.ownWrites, (errorOf(event) as ConflictError).renewTime),
      }),
      noteFailure: enqueueActions(({ context, event, enqueue }, params: { operation: Operation }) => {
        const error = errorOf(event)
        const retryAfter = error instanceof TransientApiError ? error.retryAfter : 0
        const failures = context.failures + 1
        const backoff = retryBackoffs[backoffIndex(retryBackoffs, failures)]!
        const wait = retryDelay(context, backoff, retryAfter, random())
        const isUnanswered = error instanceof TransientApiError && error.waited !== undefined
        const roundTrip = isUnanswered ? gaveUp(context.roundTrip) : context.roundTrip
        const ownWrites = isWrite(params.operation) ? ended(context.ownWrites, error) : context.ownWrites
        enqueue.assign({ failures, lastError: error, wait, roundTrip, ownWrites })
        enqueue.emit({ type: 'retrying', operation: params.operation, attempt: failures, delay: wait, error })
      }),
      // What is fatal is one of our own errors.
      failWithError: assign({ error: ({ event }) => errorOf(event) as Error }),
      failExhausted: assign({
        error: ({ context, event }) => retriesExhausted(context, retryBackoffs.length, errorOf(event)),
      }),
      failForeign: assign({ error: ({ context }) => foreignLease(context, observed(context)!) }),
      failDuplicate: assign({ error: ({ context }) => duplicateIdentity(context) }),

      requestStop: assign({ stopping: { kind: 'stop' } as const }),
      requestStepDown: assign({
        stopping: ({ context, event }) => {
          // Whoever asked to stop asked for more.
          if (context.stopping?.kind === 'stop') return context.stopping
          const isGiven = event.type === 'stepDown' && event.cooldown !== undefined
          return { kind: 'stepDown' as const, cooldown: isGiven ? event.cooldown : context.settings.interval }
        },
      }),
      clearStopping: assign({ stopping: undefined }),

      loseByDeadline: assign({
        loss: ({ context: { lastError: error } }): LossReason => {
          if (isRefusal(error)) return { kind: 'forbidden', error }
          return { kind: 'deadline', ...(error !== undefined && { error }) }
        },
      }),
      loseByRefusal: assign({ loss: ({ event }): LossReason => ({ kind: 'forbidden', error: errorOf(event) }) }),
      loseByDeletion: assign({ loss: { kind: 'leaseDeleted' } as LossReason }),
      loseByWork: assign({ loss: { kind: 'workDidNotStop' } as LossReason }),
      loseToHolder: assign({
        loss: ({ context }): LossReason => {
          const holder = observed(context)?.holder
          const record = observed(context)
          return record !== undefined && isTwin(record, context.settings)
            ? { kind: 'duplicateIdentity', error: duplicateIdentity(context) }
            : { kind: 'takenOver', by: holder }
        },
      }),
      failLost: assign({ error: ({ context }) => leadershipLost(context) }),

      noteStream: assign({ streamStands: true }),
      noteNoStream: assign(({ context, event }) => ({
        streamStands: false,
        watching: false,
        now: event.type === 'watchInterrupted' ? event.at.monotonic : context.now,
      })),
      establish: assign({ isEstablished: true }),
      endStart: assign({ startIsOver: true }),
      noteOwnerRefused: assign({ isOwnerRefused: true }),
      announceOwnerRefused: emit(({ event }) => ({ type: 'ownerRefused' as const, error: errorOf(event) })),
      announceWatchInterruption: emit(({ event }) => ({
        type: 'watchInterrupted' as const,
        /* v8 ignore next -- what it is called for; the types don't know */
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
      announceLeading: emit(({ context }) =>
        tokenEvent({ type: 'leading', fencingToken: tokenOf(context), transitions: context.tenure!.transitions }),
      ),
      announceRenewal: emit(({ context }) => tokenEvent({ type: 'renewed', fencingToken: tokenOf(context) })),
      announceDoubt: emit({ type: 'doubted' }),
      announceDraining: emit({ type: 'draining' }),
      report: emit(({ context }) => tokenEvent({ type: 'reporting', fencingToken: tokenOf(context) })),
      announceLoss: emit(({ context }) =>
        tokenEvent({ type: 'lost', reason: context.loss!, fencingToken: tokenOf(context) }),
      ),
      announceRelease: emit((_, params: { confirmed: boolean }) => ({ type: 'released' as const, ...params })),
      announceFailure: emit(({ context }) => ({ type: 'failed' as const, error: context.error! })),
    },
  })
}

function holdsOwnWrite(context: ElectionContext): boolean {
  const record = observed(context)
  if (record === undefined || !isOwnWrite(record, context.settings)) return false
  return !isByCopy(record, context.ownWrites, context.settings)
}

function isWrite(operation: Operation): boolean {
  return operation === 'claim' || operation === 'renew'
}

/** What is known of our writes once one has failed: a conflict, and only that, was surely not carried out. */
function ended(writes: OwnWrites, error: unknown): OwnWrites {
  return error instanceof ConflictError ? conflicted(writes, error.renewTime) : unanswered(writes)
}

/** What the context learns from how long an answer took. */
function answered({ roundTrip }: ElectionContext, { sentAt, receivedAt }: { sentAt: Instant; receivedAt: Instant }) {
  return {
    roundTrip: measured(roundTrip, receivedAt.monotonic - sentAt.monotonic),
    lookedAt: receivedAt.monotonic,
  }
}

/** As `seen`, of a record that somebody else may have written. */
function foundOut(context: ElectionContext, record: LeaseRecord | undefined, at: Instant) {
  const ownWrites = clarified(context.ownWrites, record, context.settings)
  const known = record && isStrange(record, ownWrites, context.settings) ? { ...record, isStrange: true } : record
  return { ...seen(context, known, at), ownWrites }
}

/** What the context knows once this record, or its absence, was received. */
function seen({ observation, settings }: ElectionContext, record: LeaseRecord | undefined, at: Instant) {
  return { observation: observe(observation, record, at, settings), now: at.monotonic }
}
