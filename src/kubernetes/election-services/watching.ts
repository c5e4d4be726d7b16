/** The services that live as long as their state: they tell of the Lease, and of the clocks. */
import { fromCallback } from 'xstate'
import { type Clock, type Instant, timerDelay } from '../../lease/clock.ts'
import type { LeaseRecord } from '../../lease/record.ts'
import type { Settings } from '../../options/types.ts'
import type { Neighbours } from '../../process/neighbours.ts'
import type { ClockEvent, ElectionActors, WatchEvent } from '../../statechart/types.ts'
import type { LeaseApi } from '../lease-api.ts'
import type { LeaseWatchListener } from '../lease-stream.ts'
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

/** Watches as long as the election lives, opening the stream again whenever it ends. */
export function watchLease(surroundings: Surroundings): ElectionActors['watchLease'] {
  return fromCallback(({ input: { settings }, sendBack }) => {
    const watch = new LeaseWatch(surroundings, settings, sendBack)
    return () => watch.end()
  })
}

/** Lives as long as the election does, and so gives up the election's connections at its end. */
class LeaseWatch implements LeaseWatchListener {
  readonly #surroundings: Surroundings
  readonly #settings: Settings
  readonly #tell: (event: WatchEvent) => void
  readonly #release: () => void
  readonly #leaveNeighbours: () => void
  #leave = () => {}
  #openedAt = Number.POSITIVE_INFINITY
  #timer: unknown
  #failures = 0
  #isOver = false

  constructor(surroundings: Surroundings, settings: Settings, tell: (event: WatchEvent) => void) {
    this.#surroundings = surroundings
    this.#settings = settings
    this.#tell = tell
    this.#release = surroundings.api.acquire()
    this.#leaveNeighbours = surroundings.neighbours.enter(settings)
    this.#open()
  }

  opened(at: Instant): void {
    this.#openedAt = at.monotonic
    this.#tell({ type: 'watchOpened', at })
  }

  changed(record: LeaseRecord, at: Instant): void {
    const { neighbours } = this.#surroundings
    this.#tell({ type: 'leaseChanged', record: neighbours.recognize(record, this.#settings), at })
  }

  deleted(uid: string, at: Instant): void {
    this.#tell({ type: 'leaseDeleted', uid, at })
  }

  ended(error?: unknown): void {
    const { clock, random } = this.#surroundings
    const at = clock.now()
    const hasStood = at.monotonic - this.#openedAt >= STANDS
    this.#failures = hasStood ? 0 : this.#failures + 1
    const endedInOrder = hasStood && error === undefined
    if (!endedInOrder) this.#tell({ type: 'watchInterrupted', error, at })
    if (this.#isOver) return // who heard of it has ended the election
    this.#timer = clock.setTimeout(() => this.#open(), endedInOrder ? 0 : reopeningDelay(this.#failures, random()))
  }

  /** Nothing is told after that. */
  end(): void {
    this.#isOver = true
    this.#leave()
    this.#surroundings.clock.clearTimeout(this.#timer)
    this.#release()
    this.#leaveNeighbours()
  }

  #open(): void {
    this.#openedAt = Number.POSITIVE_INFINITY
    this.#leave = this.#surroundings.api.watch(refOf(this.#settings), this)
  }
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
