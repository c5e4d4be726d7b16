/**
 * The services of the statechart: each one request to the Lease API, or one source of events.
 *
 * They read the clocks, so that the statechart need not: a write carries the moment before it was sent, since its term
 * counts from then, and every answer the moment it was received.
 */
import { fromPromise } from 'xstate'
import { ConfigurationError, ConflictError } from '../errors.ts'
import type { Clock } from '../lease/clock.ts'
import { isToken, type LeaseRecord } from '../lease/record.ts'
import { newLease, preconditions, releaseOf, renewalOf, takeoverOf } from '../lease/writes.ts'
import { type Neighbours, NO_NEIGHBOURS } from '../process/neighbours.ts'
import type { ElectionActors } from '../statechart/types.ts'
import { attemptsBy, refOf } from './election-services/attempts.ts'
import { watchClock, watchLease } from './election-services/watching.ts'
import type { LeaseApi } from './lease-api.ts'

export interface ElectionServices {
  readonly api: LeaseApi
  readonly clock: Clock
  /** From 0 to 1: draws the jitter of waits. Default `Math.random`. */
  readonly random?: () => number
  /** Who else stands nearby. Default: nobody is seen. */
  readonly neighbours?: Neighbours
}

/** Makes the services that the statechart invokes by name. */
export function createElectionActors({
  api,
  clock,
  random = Math.random,
  neighbours = NO_NEIGHBOURS,
}: ElectionServices): ElectionActors {
  const { send, write } = attemptsBy(clock)

  return {
    readLease: fromPromise(async ({ input: { settings, attempt }, signal }) => {
      const { value, ...times } = await send(attempt, signal, (options) => api.read(refOf(settings), options))
      return { record: value && neighbours.recognize(value, settings), ...times }
    }),

    claimLease: fromPromise(async ({ input: { settings, record, keepsOwners, attempt }, signal }) => {
      const lease = refOf(settings)
      const details = { keepsOwners, mark: neighbours.mark }
      const { value, ...times } = record
        ? await write(attempt, signal, takeoverOf(record, settings, clock.now(), details), (patch, options) =>
            api.patch(lease, patch, options),
          )
        : await write(attempt, signal, newLease(settings, clock.now(), details), (body, options) =>
            api.create(lease, body, options),
          )
      if (!isToken(value.resourceVersion)) throw noFencingToken(value)
      return { record: value, ...times }
    }),

    renewLease: fromPromise(async ({ input: { settings, record, attempt }, signal }) => {
      const { value, ...times } = await write(
        attempt,
        signal,
        renewalOf(record, settings, clock.now()),
        (patch, options) => api.patch(refOf(settings), patch, options),
      )
      return { record: value, ...times }
    }),

    releaseLease: fromPromise(async ({ input: { settings, record, attempt }, signal }) => {
      const remove = (from: LeaseRecord) =>
        send(attempt, signal, (options) => api.delete(refOf(settings), preconditions(from), options))
      if (settings.term === 'life') {
        await remove(record)
        return
      }
      const { value } = await send(attempt, signal, (options) =>
        api.patch(refOf(settings), releaseOf(record, clock.now()), options),
      )
      // Only now, and only if nobody has taken it meanwhile: whoever sees a held Lease vanish has to wait.
      if (settings.deleteOnRelease) await remove(value).catch(ignoreConflict)
    }),

    watchLease: watchLease({ api, clock, random, neighbours }),
    watchClock: watchClock(clock),

    escalate: fromPromise(async ({ input: { error } }) => {
      throw error
    }),
  }
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ConflictError)) throw error
}

function noFencingToken({ resourceVersion }: LeaseRecord): ConfigurationError {
  return new ConfigurationError(
    `the API server's resourceVersion is "${resourceVersion}"; expected a decimal integer, as every Kubernetes API ` +
      'server gives: without it there are no fencing tokens. Is a proxy or an extension server answering?',
  )
}
