/**
 * The order in which a process's requests to an API server are sent, and how many are under way at once.
 *
 * Where more is wanted than the server answers, what waits here can still be put in order; what was sent can't. So what
 * keeps a term goes first, the nearest to its end before the others. How much else may be under way grows with each answer
 * and begins anew after a connection was lost: an outage ends with a few requests rather than with all at once.
 * What hangs does not count, or the requests of one Lease that is not answered would starve all others.
 *
 * Pure but for the clock, which is given.
 */
import type { Urgency } from '../../lease/attempt.ts'
import { type Clock, timerDelay } from '../../lease/clock.ts'

export interface QueueLimits {
  /** Requests under way at once that keep or release a term. */
  readonly terms: number
  /** Requests under way at once, where another one is a claim or a look. */
  readonly others: number
  /** Those that hang included. */
  readonly hanging: number
}

export interface Applicant {
  readonly urgency: Urgency
  /** Of those with the same key, such as the claims of a process on one Lease, only one is under way at a time. */
  readonly alone?: string | undefined
  /** Leaves the queue when this aborts. */
  readonly signal: AbortSignal
}

/** What became of a request that was let go. `lost`: its connection broke, or none could be made. */
export type Outcome = 'answered' | 'unanswered' | 'lost'

/** Says that a request is no longer under way; to be called once. */
export type Leave = (outcome: Outcome) => void

interface Waiting {
  readonly applicant: Applicant
  readonly number: number
  admit(leave: Leave): void
}

interface UnderWay {
  readonly since: number
}

/** How many may be under way before anything was answered. */
const FIRST = 16
/** Milliseconds after which an unanswered request may count as hanging, and how many times the usual it must take. */
const HANGING = { least: 1_000, times: 4 } as const

const RANKS = { keep: 0, release: 1, claim: 2, look: 3 } as const

export class RequestQueue {
  readonly #clock: Clock
  #limits: QueueLimits
  /** The next first. */
  readonly #waiting: Waiting[] = []
  /** The oldest first. */
  readonly #underWay = new Set<UnderWay>()
  readonly #alone = new Map<string, UnderWay>()
  #window = FIRST
  /** Milliseconds that an answer usually takes. */
  #usual = 0
  #number = 0
  #timer: unknown

  constructor(clock: Clock, limits: QueueLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get underWay(): number {
    return this.#underWay.size
  }

  /** For another kind of connection. What is under way stays so. */
  set limits(limits: QueueLimits) {
    this.#limits = limits
    this.#admit()
  }

  /** Resolves when the request may be sent; rejects when its signal aborts before. */
  enter(applicant: Applicant): Promise<Leave> {
    const { signal } = applicant
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        this.#admit() // it may have been the last one that was waited for
        reject(signal.reason)
      }
      const waiting: Waiting = {
        applicant,
        number: this.#number++,
        admit: (leave) => {
          signal.removeEventListener('abort', abort)
          resolve(leave)
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#insert(waiting)
      this.#admit()
    })
  }

  #insert(waiting: Waiting): void {
    let [low, high] = [0, this.#waiting.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(this.#waiting[middle]!, waiting)) low = middle + 1
      else high = middle
    }
    this.#waiting.splice(low, 0, waiting)
  }

  /** Lets go whoever may, and looks again when the next one that is under way begins to hang. */
  #admit(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length === 0) return
    const now = this.#clock.now().monotonic
    for (let index = 0; index < this.#waiting.length; ) {
      const waiting = this.#waiting[index]!
      if (!this.#hasRoom(waiting, now)) break
      if (this.#isKeptBack(waiting, now)) index += 1
      else {
        this.#waiting.splice(index, 1)
        this.#letGo(waiting, now)
      }
    }
    this.#lookAgain(now)
  }

  #letGo({ applicant: { alone }, admit }: Waiting, now: number): void {
    const place: UnderWay = { since: now }
    this.#underWay.add(place)
    if (alone !== undefined) this.#alone.set(alone, place)
    admit((outcome) => {
      this.#underWay.delete(place)
      if (alone !== undefined && this.#alone.get(alone) === place) this.#alone.delete(alone)
      if (outcome === 'answered') {
        this.#window = Math.min(this.#window + 1, this.#limits.terms)
        this.#usual += (this.#clock.now().monotonic - place.since - this.#usual) / 8
      } else if (outcome === 'lost') this.#window = FIRST
      this.#admit()
    })
  }

  #hasRoom({ applicant: { urgency } }: Waiting, now: number): boolean {
    const isOfTerm = urgency.purpose === 'keep' || urgency.purpose === 'release'
    // A window full of requests that have just begun to hang must not cost a term.
    const most = isOfTerm ? this.#limits.terms : Math.min(this.#window, this.#limits.others)
    const underWay = this.#underWay.size
    return underWay < this.#limits.hanging && underWay - this.#hanging(now) < most
  }

  #isKeptBack({ applicant: { alone } }: Waiting, now: number): boolean {
    const other = alone === undefined ? undefined : this.#alone.get(alone)
    return other !== undefined && !this.#hangs(other, now)
  }

  #hanging(now: number): number {
    let count = 0
    for (const place of this.#underWay) {
      if (!this.#hangs(place, now)) break
      count += 1
    }
    return count
  }

  #hangs({ since }: UnderWay, now: number): boolean {
    return now - since >= this.#patience
  }

  get #patience(): number {
    return Math.max(HANGING.least, HANGING.times * this.#usual)
  }

  #lookAgain(now: number): void {
    if (this.#waiting.length === 0) return
    for (const place of this.#underWay) {
      if (this.#hangs(place, now)) continue
      this.#timer = this.#clock.setTimeout(() => this.#admit(), timerDelay(place.since + this.#patience - now))
      return
    }
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  const [a, b] = [one.applicant.urgency, other.applicant.urgency]
  const byPurpose = RANKS[a.purpose] - RANKS[b.purpose]
  if (byPurpose !== 0) return byPurpose < 0
  if (a.purpose === 'keep' && b.purpose === 'keep' && a.until !== b.until) return a.until < b.until
  return one.number < other.number
}
