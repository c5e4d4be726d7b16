/**
 * The services of the statechart: each one request to the Lease API, or one source of events.
 *
 * They read the clocks, so that the statechart need not: a write carries the moment before it was sent, since its term
 * counts from then, and every answer the moment it was received.
 */
import { fromCallback, fromPromise } from 'xstate'
import { ConfigurationError, ConflictError } from '../errors.ts'
import { type Attempt, timeoutOf } from '../lease/attempt.ts'
import { type Clock, type Instant, timerDelay } from '../lease/clock.ts'
import { isToken, type LeaseRecord } from '../lease/record.ts'
import { validityOf } from '../lease/tenure.ts'
import {
  type LeaseBody,
  type LeasePatch,
  newLease,
  preconditions,
  releaseOf,
  renewalOf,
  takeoverOf,
} from '../lease/writes.ts'
import type { Settings } from '../options/types.ts'
import { type Neighbours, NO_NEIGHBOURS } from '../process/neighbours.ts'
import type { ClockEvent, ElectionActors, WatchEvent } from '../statechart/types.ts'
import type { CallOptions, LeaseApi, LeaseRef } from './lease-api.ts'

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
  /** Sends one attempt, and tells when: a request may have to wait before it is sent, and its term counts from then. */
  const send = async <Value>(
    attempt: Attempt,
    signal: AbortSignal,
    call: (options: CallOptions) => Promise<Value>,
  ): Promise<{ value: Value; sentAt: Instant; receivedAt: Instant }> => {
    let sentAt = clock.now()
    const onSent = () => {
      sentAt = clock.now()
    }
    const value = await call({
      timeout: timeoutOf(attempt, sentAt.monotonic),
      urgency: attempt.urgency,
      signal,
      onSent,
    })
    return { value, sentAt, receivedAt: clock.now() }
  }
  /** Sends what claims or renews; a conflict tells what it would have written. */
  const write = async <Body extends LeaseBody | LeasePatch>(
    attempt: Attempt,
    signal: AbortSignal,
    body: Body,
    call: (body: Body, options: CallOptions) => Promise<LeaseRecord>,
  ) => {
    try {
      return await send(attempt, signal, (options) => call(body, options))
    } catch (error) {
      if (error instanceof ConflictError) error.renewTime = body.spec.renewTime
      throw error
    }
  }

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

/** Milliseconds that a stream has to stand: one that ends sooner, again and again, is opened ever more rarely. */
const STANDS = 60_000
/** Milliseconds, on average, before a stream that broke is opened again; each further failure doubles it, up to this. */
const FIRST_REOPENING = 500
const LAST_REOPENING = 60_000

/**
 * Watches as long as the election lives, opening the stream again whenever it ends. Lives as long as the election
 * does, and so gives up the election's connections at its end.
 */
function watchLease({ api, clock, random, neighbours }: Required<ElectionServices>): ElectionActors['watchLease'] {
  return fromCallback(({ input: { settings }, sendBack }) => {
    const tell = (event: WatchEvent) => sendBack(event)
    const release = api.acquire()
    const leave = neighbours.enter(settings)
    const ended = new AbortController()
    let timer: unknown
    let failures = 0

    const open = async () => {
      let openedAt = Number.POSITIVE_INFINITY
      let failure: unknown
      try {
        await api.watch(
          refOf(settings),
          {
            opened: (at) => {
              openedAt = at.monotonic
              tell({ type: 'watchOpened', at })
            },
            changed: (record, at) => tell({ type: 'leaseChanged', record: neighbours.recognize(record, settings), at }),
            deleted: (uid, at) => tell({ type: 'leaseDeleted', uid, at }),
          },
          ended.signal,
        )
      } catch (error) {
        failure = error
      }
      if (ended.signal.aborted) return
      const at = clock.now()
      const hasStood = at.monotonic - openedAt >= STANDS
      failures = hasStood ? 0 : failures + 1
      const endedInOrder = hasStood && failure === undefined
      if (!endedInOrder) tell({ type: 'watchInterrupted', error: failure, at })
      timer = clock.setTimeout(() => void open(), endedInOrder ? 0 : reopeningDelay(failures, random()))
    }

    void open()
    return () => {
      ended.abort(new Error('the election has ended'))
      clock.clearTimeout(timer)
      release()
      leave()
    }
  })
}

/** With jitter: the streams of many candidates end at one time, when a server restarts. */
function reopeningDelay(failures: number, random: number): number {
  const average = Math.min(LAST_REOPENING, FIRST_REOPENING * 2 ** Math.max(0, failures - 1))
  return timerDelay(average * 2 * random)
}

/** How often the clocks are compared: once in a twentieth of the term. */
const CHECKS_PER_TERM = 20

/** Tells when the monotonic clock stands alone in saying that the term goes on: see `validityOf`. */
function watchClock(clock: Clock): ElectionActors['watchClock'] {
  return fromCallback(({ input: { tenure }, sendBack }) => {
    let timer: unknown
    const check = () => {
      if (validityOf(tenure, clock.now()) === 'inDoubt') sendBack({ type: 'clockDoubted' } satisfies ClockEvent)
      timer = clock.setTimeout(check, timerDelay(tenure.renewDeadline / CHECKS_PER_TERM))
    }
    timer = clock.setTimeout(check, 0)
    return () => clock.clearTimeout(timer)
  })
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ConflictError)) throw error
}

function refOf({ leaseName, namespace }: Settings): LeaseRef {
  return { name: leaseName, namespace }
}

function noFencingToken({ resourceVersion }: LeaseRecord): ConfigurationError {
  return new ConfigurationError(
    `the API server's resourceVersion is "${resourceVersion}"; expected a decimal integer, as every Kubernetes API ` +
      'server gives: without it there are no fencing tokens. Is a proxy or an extension server answering?',
  )
}
