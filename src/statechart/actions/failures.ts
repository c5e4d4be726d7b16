/** What went wrong: how often in a row, how long to wait, and what is final. */
import { assign, enqueueActions } from 'xstate'
import { ConflictError, TransientApiError } from '../../errors.ts'
import { gaveUp } from '../../lease/attempt.ts'
import { conflicted, type OwnWrites, unanswered } from '../../lease/own-writes.ts'
import { retryDelay } from '../../lease/retries.ts'
import { backoffIndex } from '../backoff.ts'
import { duplicateIdentity, errorOf, foreignLease, observed, retriesExhausted } from '../context.ts'
import type { Operation } from '../types.ts'
import type { withTerms } from './terms.ts'

/** @param random from 0 to 1, as of `Math.random`. */
export function withFailures(
  words: ReturnType<typeof withTerms>,
  retryBackoffs: readonly number[],
  random: () => number,
) {
  return words.extend({
    actions: {
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
        const isOfTerm = params.operation === 'renew' || params.operation === 'verify'
        const wait = retryDelay({ backoff, retryAfter, isOfTerm }, context.settings, random())
        const isUnanswered = error instanceof TransientApiError && error.waited !== undefined
        const roundTrip = isUnanswered ? gaveUp(context.roundTrip) : context.roundTrip
        const ownWrites = isWrite(params.operation) ? ended(context.ownWrites, error) : context.ownWrites
        enqueue.assign({ failures, lastError: error, wait, roundTrip, ownWrites })
        enqueue.emit({ type: 'retrying', operation: params.operation, attempt: failures, delay: wait, error })
      }),
      establish: assign({ isEstablished: true }),
      endStart: assign({ startIsOver: true }),
      noteOwnerRefused: assign({ isOwnerRefused: true }),
      // What is fatal is one of our own errors.
      failWithError: assign({ error: ({ event }) => errorOf(event) as Error }),
      failExhausted: assign({
        error: ({ context, event }) => retriesExhausted(context, retryBackoffs.length, errorOf(event)),
      }),
      failForeign: assign({ error: ({ context }) => foreignLease(context, observed(context)!) }),
      failDuplicate: assign({ error: ({ context }) => duplicateIdentity(context) }),
    },
  })
}

function isWrite(operation: Operation): boolean {
  return operation === 'claim' || operation === 'renew'
}

/** What is known of our writes once one has failed: a conflict, and only that, was surely not carried out. */
function ended(writes: OwnWrites, error: unknown): OwnWrites {
  return error instanceof ConflictError ? conflicted(writes, error.renewTime) : unanswered(writes)
}
