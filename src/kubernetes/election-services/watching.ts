/** The services that live as long as their state: they tell of the Lease, and of the clocks. */
import { fromCallback } from 'xstate'
import { type Clock, timerDelay } from '../../lease/clock.ts'
import type { Neighbours } from '../../process/neighbours.ts'
import type { ClockEvent, ElectionActors, WatchEvent } from '../../statechart/types.ts'
import type { LeaseApi } from '../lease-api.ts'
import { refOf } from './attempts.ts'
import { ClockChecks } from './clock-checks.ts'

/** See `ElectionServices`. */
interface Surroundings {
  readonly api: LeaseApi
  readonly clock: Clock
  readonly random: () => number
  readonly neighbours: Neighbours
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
export function watchLease({ api, clock, random, neighbours }: Surroundings): ElectionActors['watchLease'] {
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

/** Tells when the monotonic clock stands alone in saying that the term goes on: see `validityOf`. */
export function watchClock(clock: Clock): ElectionActors['watchClock'] {
  const checks = new ClockChecks(clock)
  return fromCallback(({ input: { tenure }, sendBack }) =>
    checks.begin(tenure, () => sendBack({ type: 'clockDoubted' } satisfies ClockEvent)),
  )
}
