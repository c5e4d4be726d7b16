/** A server that answers only so many requests at once: load beyond that waits, first come, first served. */

export interface CapacityLimits {
  /** How many requests are served at one time. */
  readonly concurrency: number
  /** Milliseconds that each takes. */
  readonly serviceTime: number
}

export class Capacity {
  readonly #serviceTime: number
  /** When each of the servers has worked off what it was given, in monotonic milliseconds. */
  readonly #freeAt: number[]

  /** @throws RangeError */
  constructor({ concurrency, serviceTime }: CapacityLimits) {
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new RangeError(`capacity.concurrency must be a whole number from 1, but is ${concurrency}`)
    }
    if (!(serviceTime >= 0)) throw new RangeError(`capacity.serviceTime must be at least 0, but is ${serviceTime}`)
    this.#serviceTime = serviceTime
    this.#freeAt = Array<number>(concurrency).fill(0)
  }

  /** Milliseconds until a request that comes now is served, its service included. */
  enter(now = performance.now()): number {
    const next = this.#freeAt.indexOf(Math.min(...this.#freeAt))
    const doneAt = Math.max(now, this.#freeAt[next]!) + this.#serviceTime
    this.#freeAt[next] = doneAt
    return doneAt - now
  }
}
