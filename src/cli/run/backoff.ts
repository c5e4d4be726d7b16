/** How long to wait before the next run: longer from time to time, and short again once a run has lasted. */

/** Milliseconds. */
const FIRST = 1_000
const LONGEST = 30_000
const LASTING = 60_000

export class Backoff {
  #next = FIRST

  /** @param lasted milliseconds, of the run that has ended. */
  after(lasted: number): number {
    const wait = lasted >= LASTING ? FIRST : this.#next
    this.#next = Math.min(LONGEST, 2 * wait)
    return wait
  }
}
