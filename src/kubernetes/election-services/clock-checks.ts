/**
 * Compares the clocks for all terms of a process: who holds one is told when the monotonic clock stands alone in saying
 * that it goes on (see `validityOf`).
 *
 * One timer for all of them, as rare as the shortest term allows: each wakes the process, and a thousand would never let
 * it rest.
 */
import { type Clock, timerDelay } from '../../lease/clock.ts'
import { type Tenure, validityOf } from '../../lease/tenure.ts'

/** How often the clocks are compared: once in a tenth of the term. */
const CHECKS_PER_TERM = 10

interface Holder {
  readonly tenure: Tenure
  readonly doubt: () => void
}

export class ClockChecks {
  readonly #clock: Clock
  readonly #holders = new Set<Holder>()
  #timer: unknown
  /** Monotonic time of the next check. */
  #due = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Checks at once, and then until the returned function is called. */
  begin(tenure: Tenure, doubt: () => void): () => void {
    const holder: Holder = { tenure, doubt }
    this.#holders.add(holder)
    const now = this.#clock.now()
    if (validityOf(tenure, now) === 'inDoubt') doubt()
    this.#arm(now.monotonic, tenure.renewDeadline / CHECKS_PER_TERM)
    return () => {
      this.#holders.delete(holder)
      if (this.#holders.size === 0) this.#disarm()
    }
  }

  /** After so many milliseconds, unless that is done before. */
  #arm(now: number, delay: number): void {
    if (this.#due <= now + delay) return
    this.#disarm()
    this.#due = now + delay
    this.#timer = this.#clock.setTimeout(() => this.#check(), timerDelay(delay))
  }

  #disarm(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#due = Number.POSITIVE_INFINITY
  }

  #check(): void {
    this.#due = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    let shortest = Number.POSITIVE_INFINITY
    for (const { tenure } of this.#holders) shortest = Math.min(shortest, tenure.renewDeadline)
    // First of all: whoever is told may fail.
    this.#arm(now.monotonic, shortest / CHECKS_PER_TERM)
    for (const { tenure, doubt } of this.#holders) if (validityOf(tenure, now) === 'inDoubt') doubt()
  }
}
