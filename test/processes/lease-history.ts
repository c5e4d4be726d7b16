/** What became of the Lease, as the API server saw it: who took it by which write, and whether that was too early. */
import type { LeaseChange, LeaseServer } from '../../src/testing/index.ts'

interface Holding {
  readonly holder: string
  readonly acquireTime: string | undefined
  /** resourceVersion of the write. */
  readonly version: bigint
  /** Nanoseconds of CLOCK_MONOTONIC, not before the write was committed, nor after anybody else could know of it. */
  readonly at: bigint
  readonly leaseDurationSeconds: number
  /** Whose it was, where nobody had given it back, and for how many milliseconds that one had not written. */
  readonly takenFrom: { readonly holder: string; readonly silentFor: number } | undefined
}

interface Spec {
  readonly holderIdentity?: string
  readonly acquireTime?: string
  readonly leaseDurationSeconds?: number
}

export class LeaseHistory {
  /** In sentences; empty as long as nobody took the Lease from a holder before it had expired. */
  readonly violations: string[] = []
  readonly #acquisitions = new Map<bigint, Holding>()
  #current: Holding | undefined

  /** Make it before any watch stands: then it hears of each change before they do. */
  constructor(server: LeaseServer, changed: () => void) {
    server.leases.onChange((change) => {
      this.#note(change)
      changed()
    })
  }

  get holder(): string | undefined {
    return this.#current?.holder
  }

  /** When the present holder wrote last. */
  get renewedAt(): bigint | undefined {
    return this.#current?.at
  }

  /** The writes by which somebody became the holder, by version, which is the fencing token. */
  get acquisitions(): ReadonlyMap<bigint, Holding> {
    return this.#acquisitions
  }

  #note({ type, version, object }: LeaseChange): void {
    const { holderIdentity: holder, acquireTime, leaseDurationSeconds = 0 } = (object.spec ?? {}) as Spec
    const before = this.#current
    this.#current = undefined
    if (type === 'DELETED' || !holder) return
    const at = process.hrtime.bigint()
    const isRenewal = before?.holder === holder && before.acquireTime === acquireTime
    const takenFrom =
      before && before.holder !== holder
        ? { holder: before.holder, silentFor: Number(at - before.at) / 1e6 }
        : undefined
    const current = { holder, acquireTime, version, at, leaseDurationSeconds, takenFrom }
    this.#current = current
    if (!isRenewal) this.#acquisitions.set(version, current)
    const early = takenFrom ? before!.leaseDurationSeconds * 1_000 - takenFrom.silentFor : 0
    if (early > 0)
      this.violations.push(`${holder} took the Lease of ${before!.holder} ${early.toFixed(1)} ms before it had expired`)
  }
}
