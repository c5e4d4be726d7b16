/** One Lease, as somebody looks at it who does not stand for it: read, asked of, and watched. */
import { setTimeout as delay } from 'node:timers/promises'
import { ConflictError } from '../../errors.ts'
import { KubernetesLeaseApi } from '../../kubernetes/lease-api.ts'
import { isLater, type LeaseRecord, STEP_DOWN_ANNOTATION } from '../../lease/record.ts'
import { preconditions } from '../../lease/writes.ts'
import { systemClock } from '../../process/system-clock.ts'

/** Milliseconds. */
const PATIENCE = 10_000
/** Between two looks, where the watch does not tell. */
const POLL = 1_000
/** A leader renews now and then in between. */
const CONFLICTS = 5

export class LeaseView implements Disposable {
  readonly #api = new KubernetesLeaseApi({ clock: systemClock })
  readonly #release = this.#api.acquire()
  readonly #ended = new AbortController()
  readonly #ref: { readonly name: string; readonly namespace: string | undefined }

  constructor(name: string, namespace: string | undefined) {
    this.#ref = { name, namespace }
  }

  read(): Promise<LeaseRecord | undefined> {
    return this.#api.read(this.#ref, this.#options)
  }

  /** Asks the holder of the record to end this term of his. Resolves with the record; undefined where the term is over. */
  async ask(record: LeaseRecord): Promise<LeaseRecord | undefined> {
    return this.#annotate(record, record.acquireTime!)
  }

  /** Takes the request back, as far as it stands. */
  async withdraw(record: LeaseRecord): Promise<void> {
    const present = await this.read()
    if (present?.stepDown !== undefined) await this.#annotate(present, null, record)
  }

  /** Tells each state of the Lease from now on, by watch, and by looking where that does not tell. */
  follow(tell: (record: LeaseRecord | undefined, at: number) => void): void {
    const { signal } = this.#ended
    let last: LeaseRecord | undefined
    const changed = (record: LeaseRecord | undefined) => {
      // A look may be answered later than what the watch told meanwhile.
      if (record && last?.uid === record.uid && isLater(last, record)) return
      last = record
      tell(record, performance.now())
    }
    const look = async () => changed(await this.read())
    const poll = async () => {
      while (!signal.aborted) {
        await look().catch(() => {}) // the next one tells, or the command's own timeout
        await delay(POLL, undefined, { signal }).catch(() => {})
      }
    }
    const leave = this.#api.watch(this.#ref, {
      opened: () => {},
      changed,
      deleted: () => changed(undefined),
      ended: () => {}, // looking goes on
    })
    signal.addEventListener('abort', leave, { once: true })
    void poll()
  }

  [Symbol.dispose](): void {
    this.#ended.abort()
    this.#release()
  }

  get #options() {
    const urgency = { purpose: 'look' } as const
    return { timeout: PATIENCE, signal: this.#ended.signal, urgency, onSent: () => {} }
  }

  /** Conditionally, on what was last read of this very term. */
  async #annotate(record: LeaseRecord, value: string | null, term = record): Promise<LeaseRecord | undefined> {
    let present: LeaseRecord | undefined = record
    for (let conflicts = 0; present?.uid === term.uid && present.acquireTime === term.acquireTime; conflicts += 1) {
      const annotations = { [STEP_DOWN_ANNOTATION]: value }
      try {
        const metadata = { ...preconditions(present), annotations }
        return await this.#api.patch(this.#ref, { metadata, spec: {} }, this.#options)
      } catch (error) {
        if (!(error instanceof ConflictError) || conflicts === CONFLICTS) throw error
        present = await this.read()
      }
    }
    return undefined
  }
}
