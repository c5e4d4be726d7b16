/**
 * The latest version of each Lease that this process has heard of, by whichever election, answer or watch.
 *
 * A conditional write of an older one can't succeed: it need not be sent. That is what keeps a thousand followers of one
 * Lease in a process from asking the server a thousand times who was first.
 */
import { isToken, type LeaseRecord } from '../lease.ts'

/** Versions of as many Leases are kept; the one that was heard of longest ago is forgotten first. */
const MOST = 10_000

interface Known {
  readonly version: bigint
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
    const version = BigInt(resourceVersion)
    const known = this.#known.get(lease)
    if (known && version < known.version && sentAt < known.learntAt) return
    if (known?.version === version) return
    this.#learnt += 1
    this.#known.delete(lease)
    this.#known.set(lease, { version, learntAt: this.#learnt })
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
    return known !== undefined && isToken(resourceVersion) && BigInt(resourceVersion) < known.version
  }
}
