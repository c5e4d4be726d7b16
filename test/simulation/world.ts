/** One thread of virtual time for everything: what happens next follows from what happened before, and from nothing else. */
import { setImmediate as nextTurn } from 'node:timers/promises'

interface Entry {
  readonly at: number
  readonly order: number
  /** Undefined once taken back. */
  run: (() => void) | undefined
}

const MOST_AT_ONCE = 100_000

export class World {
  /** Milliseconds since the beginning: true time, which no process can read. */
  now = 0
  /** A binary heap: the earliest first, and what was planned earlier first. */
  readonly #heap: Entry[] = []
  #order = 0
  #isUnsettled = false
  /** How much has happened at this moment. */
  #atOnce = 0

  /** Returns what takes it back. */
  at(time: number, run: () => void): () => void {
    const entry: Entry = { at: Math.max(time, this.now), order: this.#order++, run }
    this.#push(entry)
    return () => {
      entry.run = undefined
    }
  }

  after(delay: number, run: () => void): () => void {
    return this.at(this.now + delay, run)
  }

  /** To be called by whoever settles a promise: what waits for it has to go on before anything else happens. */
  promiseSettled(): void {
    this.#isUnsettled = true
  }

  /** Runs until this time, or until `check`, which is called after everything that happens, says that it is enough. */
  async runUntil(end: number, check: () => boolean): Promise<void> {
    if (this.#isUnsettled) await this.#settle()
    for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
      this.#pop()
      if (!next.run) continue
      this.#count(next.at)
      next.run()
      if (this.#isUnsettled) await this.#settle()
      if (check()) return
    }
    this.now = end
  }

  /** Time that does not pass any more would be waited for without end. */
  #count(time: number): void {
    this.#atOnce = time === this.now ? this.#atOnce + 1 : 0
    this.now = time
    if (this.#atOnce === MOST_AT_ONCE) throw new Error(`more than ${MOST_AT_ONCE} things happen at ${time} ms`)
  }

  async #settle(): Promise<void> {
    this.#isUnsettled = false
    await nextTurn()
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(heap[parent]!, entry)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let index = 0
    while (true) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (isBefore(last, heap[child]!)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
