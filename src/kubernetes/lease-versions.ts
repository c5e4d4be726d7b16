/**
 * The latest version of each Lease that this process has heard of, by whichever election, answer or watch.
 *
 * A conditional write of an older one can't succeed: it need not be sent. That is what keeps a thousand followers of one
 * Lease in a process from asking the server a thousand times who was first.
 */
import { isToken, type LeaseRecord } from '../lease/record.ts'

/** Versions of as many Leases are kept; the one that was heard of longest ago is forgotten first. */
const MOST = 10_000

interface Known {
  /** A decimal integer of up to 128 bits. */
  readonly version: string
  /** When it was learnt, counted by what was learnt. */
  readonly learntAt: number
}

export function leaseKey(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

export class LeaseVersions {
  readonly #known = new Map<string, Known>()
  #learnt = 0

  /** The present moment, as `learn` and `forget` take it. */
  get moment(): number {
    return this.#learnt
  }

  /**
   * A record of the Lease was received: by a watch, which may lag, or in answer to a request that was sent at `sentAt`.
   * An answer to a request that was sent after a higher version had been heard of shows that the server has gone back to
   * a backup: then the lower one counts.
   */
  learn(lease: string, { resourceVersion }: LeaseRecord, sentAt = Number.NEGATIVE_INFINITY): void {
    if (!isToken(resourceVersion)) return
    const known = this.#known.get(lease)
    if (known?.version === resourceVersion) return
    if (known && isLower(resourceVersion, known.version) && sentAt < known.learntAt) return
    this.#learnt += 1
    this.#known.delete(lease)
    this.#known.set(lease, { version: resourceVersion, learntAt: this.#learnt })
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value!)
  }

  /** There is none: what was known before the request was sent is of no use any more. */
  forget(lease: string, sentAt: number): void {
    const known = this.#known.get(lease)
    if (known && known.learntAt <= sentAt) this.#known.delete(lease)
  }

  /** Whether anything was heard of the Lease after that moment. */
  hasHeardSince(lease: string, moment: number): boolean {
    return (this.#known.get(lease)?.learntAt ?? 0) > moment
  }

  /** Whether a later version than that is known. */
  isOutdated(lease: string, resourceVersion: string): boolean {
    const known = this.#known.get(lease)
    return known !== undefined && isToken(resourceVersion) && isLower(resourceVersion, known.version)
  }
}

/** Of decimal integers without leading zeros, which are compared here for every request and every line of a watch. */
function isLower(one: string, other: string): boolean {
  return one.length === other.length ? one < other : one.length < other.length
}
