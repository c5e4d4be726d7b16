/** The time in which this process ran: while it is stopped, by Ctrl-Z or SIGSTOP, none passes. */

/** Milliseconds. */
const TICK = 100
/** A tick that takes longer was no busy moment: the process stood still. */
const PAUSE = 2_000

export class RunningTime {
  /** Milliseconds since the start. */
  now = 0
  /** Milliseconds in which it stood still since the start. */
  stoodStill = 0
  readonly #wake: (stoodStill: number) => void
  readonly #timer: NodeJS.Timeout
  #last = performance.now()

  /** @param wake is told for how many milliseconds it stood still. */
  constructor(wake: (stoodStill: number) => void) {
    this.#wake = wake
    this.#timer = setInterval(() => this.look(), TICK)
  }

  /** Notices a stop at once: other news may come before the next tick. */
  look(): void {
    const elapsed = performance.now() - this.#last
    this.#last += elapsed
    this.now += Math.min(elapsed, PAUSE)
    if (elapsed <= PAUSE) return
    this.stoodStill += elapsed
    this.#wake(elapsed)
  }

  /** Calls back after so many milliseconds of running; returns what cancels it. */
  after(milliseconds: number, call: () => void): () => void {
    const end = this.now + milliseconds
    const timer = setInterval(() => {
      if (this.now < end) return
      clearInterval(timer)
      call()
    }, TICK)
    return () => clearInterval(timer)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
