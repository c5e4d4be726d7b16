/**
 * What the sidecar says of the leader, in the words of the older leader-elector and of NAIS.
 *
 * Guaranteed: nobody is named past what is known here. Each answer is made by the clock when it is asked for, and whoever
 * waits for changes is told when a leader's time is over with nothing more heard, too.
 */
import type { ElectionEventType, LeaderElection } from '../../leader-election.ts'
import { LONGEST_DELAY } from '../../options/limits.ts'

export interface Announcement {
  /** Empty where nobody can be said to lead. */
  readonly name: string
  /** When the name last changed, by the wall clock of this process: RFC 3339, in whole seconds. */
  readonly last_update: string
}

export type Announced = Pick<LeaderElection, 'status' | 'on'>

/** With any of these another one may lead, or for longer. */
const EVENTS = [
  'newLeader',
  'leading',
  'renewed',
  'doubted',
  'lost',
  'released',
  'failed',
] as const satisfies readonly ElectionEventType[]

/**
 * Milliseconds between two looks while nobody can be said to lead: a leader that was not heard of for too long may be heard
 * of again, which is no event, since it is not a new one.
 */
const LOOK = 500

export class Announcer implements Disposable {
  readonly #election: Announced
  readonly #unsubscribe: (() => void)[]
  readonly #listeners = new Set<(announcement: Announcement) => void>()
  #last: Announcement = { name: '', last_update: timestamp() }
  #timer: NodeJS.Timeout | undefined

  constructor(election: Announced) {
    this.#election = election
    this.#unsubscribe = EVENTS.map((type) => election.on(type, () => this.#look()))
    this.#look()
  }

  /** At this moment. */
  now(): Announcement {
    return this.#look()
  }

  /** Calls the listener at each change, until what is returned is called. */
  onChange(listener: (announcement: Announcement) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  #look(): Announcement {
    const { leader: name = '', validFor } = this.#election.status()
    clearTimeout(this.#timer)
    const wait = name === '' ? LOOK : Math.min(Math.ceil(validFor), LONGEST_DELAY)
    this.#timer = setTimeout(() => this.#look(), wait).unref()
    if (name !== this.#last.name) {
      this.#last = { name, last_update: timestamp() }
      for (const listener of this.#listeners) listener(this.#last)
    }
    return this.#last
  }
}

/** Some clients of the older sidecars take no fractions. */
function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}
