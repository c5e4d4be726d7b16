/**
 * Reads of the same Lease by several elections of a process: who asks before another's read was sent is answered by it.
 *
 * Nobody gets an answer to a request that was sent before he asked. A read that one of them gives up goes on for the
 * others.
 */
import type { LeaseRecord } from '../lease/record.ts'

export interface Reader {
  /** Called at the moment before the read is sent. */
  readonly onSent: () => void
  readonly signal: AbortSignal
}

interface Round {
  readonly readers: Set<Reader>
  readonly controller: AbortController
  readonly result: Promise<LeaseRecord | undefined>
}

export class SharedReads {
  /** By Lease: those that have not been sent. */
  readonly #unsent = new Map<string, Round>()

  /** Joins the next read of the Lease, which `send` sends where there is none. */
  read(lease: string, reader: Reader, send: (shared: Reader) => Promise<LeaseRecord | undefined>) {
    return this.#await(this.#unsent.get(lease) ?? this.#begin(lease, send), reader)
  }

  #begin(lease: string, send: (shared: Reader) => Promise<LeaseRecord | undefined>): Round {
    const readers = new Set<Reader>()
    const controller = new AbortController()
    const close = () => {
      if (this.#unsent.get(lease) === round) this.#unsent.delete(lease)
    }
    const onSent = () => {
      close()
      for (const reader of [...readers]) reader.onSent()
    }
    const result = Promise.resolve().then(() => send({ onSent, signal: controller.signal }))
    const round: Round = { readers, controller, result }
    this.#unsent.set(lease, round)
    controller.signal.addEventListener('abort', close, { once: true })
    result.then(close, close)
    return round
  }

  async #await({ readers, controller, result }: Round, reader: Reader): Promise<LeaseRecord | undefined> {
    readers.add(reader)
    const left = Promise.withResolvers<never>()
    const leave = () => {
      readers.delete(reader)
      left.reject(reader.signal.reason)
      if (readers.size === 0) controller.abort(reader.signal.reason)
    }
    reader.signal.addEventListener('abort', leave, { once: true })
    try {
      return await Promise.race([result, left.promise])
    } finally {
      reader.signal.removeEventListener('abort', leave)
    }
  }
}
