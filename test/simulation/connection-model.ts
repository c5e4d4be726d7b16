/**
 * The connection that the elections of one process share, with the queue that ships. One of them is the process's own; the
 * others, for other Leases, are here only as the load that they are.
 */

import { type Leave, RequestQueue } from '../../src/kubernetes/http/request-queue.ts'
import type { CallOptions } from '../../src/kubernetes/lease-api.ts'
import type { Random } from '../support/random.ts'
import type { ClockModel } from './clock-model.ts'
import type { Network } from './network.ts'
import type { World } from './world.ts'

/** As over HTTP/1.1, where less may be under way. */
const LIMITS = { terms: 64, others: 32, hanging: 256 }
/** Milliseconds after which a request that was not sent is given up. */
const UNSENT_PATIENCE = 8_000
/** Milliseconds after which the other elections give up an answer. */
const PATIENCE = 4_000
/** Milliseconds between two requests of another election. */
const INTERVAL = 2_000
const TERM = 10_000

export class ConnectionModel {
  readonly #queue: RequestQueue
  readonly #world: World
  readonly #clock: ClockModel
  readonly #network: Network
  readonly #random: Random
  readonly #ended = new AbortController()

  constructor(world: World, clock: ClockModel, network: Network, random: Random) {
    this.#queue = new RequestQueue(clock, LIMITS)
    this.#world = world
    this.#clock = clock
    this.#network = network
    this.#random = random
  }

  /** The elections for so many other Leases begin. */
  share(others: number): void {
    for (let each = 0; each < others; each += 1) {
      this.#clock.setTimeout(() => void this.#occupy(), this.#random.between(0, INTERVAL))
    }
  }

  end(): void {
    this.#ended.abort(new Error('the process is gone'))
  }

  /** Resolves when the request may be sent, with what to call when it is no longer under way. */
  async enter({ urgency, signal }: Pick<CallOptions, 'urgency' | 'signal'>): Promise<Leave> {
    const unsent = new AbortController()
    const abort = () => unsent.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const timer = this.#clock.setTimeout(() => {
      unsent.abort(new Error('not sent'))
      this.#world.promiseSettled()
    }, UNSENT_PATIENCE)
    this.#world.promiseSettled()
    try {
      const leave = await this.#queue.enter({ urgency, signal: unsent.signal })
      return (outcome) => {
        leave(outcome)
        this.#world.promiseSettled()
      }
    } finally {
      this.#clock.clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  /** One request of another election, and then the next. */
  async #occupy(): Promise<void> {
    const purpose = this.#random.pick(['keep', 'keep', 'claim', 'look'] as const)
    const until = this.#clock.now().monotonic + this.#random.between(0.2, 1) * TERM
    const urgency = purpose === 'keep' ? { purpose, until } : { purpose }
    const again = (delay: number) => this.#clock.setTimeout(() => void this.#occupy(), delay)
    try {
      const leave = await this.enter({ urgency, signal: this.#ended.signal })
      const hangs = this.#network.othersHang
      const takes = hangs ? PATIENCE : Math.min(PATIENCE, this.#random.magnitude(2, 40) + this.#network.serviceTime)
      this.#clock.setTimeout(() => {
        leave(takes === PATIENCE ? 'unanswered' : 'answered')
        again(hangs ? this.#random.between(0, 500) : Math.max(0, INTERVAL - takes))
      }, takes)
    } catch {
      if (!this.#ended.signal.aborted) again(this.#random.between(0, 500))
    }
  }
}
