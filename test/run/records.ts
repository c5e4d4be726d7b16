/** What the recorders wrote: the terms in which commands ran, and whether any two did at once. */
import { type FSWatcher, readFileSync, watch, writeFileSync } from 'node:fs'

export interface RecordedTerm {
  readonly token: bigint
  readonly identity: string
  readonly pids: Set<number>
  /** Nanoseconds of the machine's monotonic clock: of the first and the last sign of life of anybody of this term. */
  readonly from: bigint
  to: bigint
}

/** Milliseconds that anything may take on a busy machine. */
const PATIENCE = 20_000

/** Nanoseconds in which somebody else who runs has to be heard of. */
const A_WHILE = 100_000_000n

export class Records implements Disposable {
  readonly file: string
  readonly #watcher: FSWatcher
  readonly #waiting = new Set<() => void>()

  constructor(file: string) {
    this.file = file
    writeFileSync(file, '')
    this.#watcher = watch(file, () => {
      for (const look of [...this.#waiting]) look()
    })
  }

  /** In the order of their tokens, which is that of time. */
  get terms(): RecordedTerm[] {
    const terms = new Map<bigint, RecordedTerm>()
    for (const line of readFileSync(this.file, 'utf8').split('\n').slice(0, -1)) {
      const [token, identity, pid, at] = line.split(' ') as [string, string, string, string]
      const from = BigInt(at)
      const term = terms.get(BigInt(token)) ?? { token: BigInt(token), identity, pids: new Set(), from, to: from }
      term.pids.add(Number(pid))
      if (from > term.to) term.to = from
      terms.set(term.token, term)
    }
    return [...terms.values()].sort((a, b) => (a.token < b.token ? -1 : 1))
  }

  /** In sentences. */
  get overlaps(): string[] {
    let latest: RecordedTerm | undefined
    return this.terms.flatMap((term) => {
      const before = latest
      if (!latest || term.to > latest.to) latest = term
      if (!before || before.to < term.from) return []
      const by = Number(before.to - term.from) / 1e6
      return [
        `${before.identity} (${before.token}) ran for ${by.toFixed(1)} ms beside ${term.identity} (${term.token})`,
      ]
    })
  }

  /** Resolves with the first term after this token, once so many processes of it have run for a while. */
  async next(after: bigint, processes = 1): Promise<RecordedTerm> {
    const { promise, resolve, reject } = Promise.withResolvers<RecordedTerm>()
    const look = () => {
      const next = this.terms.find(
        ({ token, pids, from, to }) => token > after && pids.size >= processes && to - from > A_WHILE,
      )
      if (next) resolve(next)
    }
    const giveUp = () => reject(new Error(`after ${PATIENCE} ms nobody runs in a term after ${after}`))
    const timer = setTimeout(giveUp, PATIENCE)
    this.#waiting.add(look)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(look)
    }
  }

  /** Whoever still runs is ended. */
  [Symbol.dispose](): void {
    this.#watcher.close()
    for (const pid of this.terms.flatMap(({ pids }) => [...pids])) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {} // it has ended, as it should
    }
  }
}
