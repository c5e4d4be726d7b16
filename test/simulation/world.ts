/** One thread of virtual time for everything: what happens next is decided by a seed and by nothing else. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Random } from '../support/random.ts'

export class World extends Random {
  /** Milliseconds since the beginning, true time: no process can read it. */
  now = 0
  readonly #queue: { at: number; order: number; run: () => void }[] = []
  #order = 0

  /** Returns what takes it back. */
  at(time: number, run: () => void): () => void {
    const entry = { at: Math.max(time, this.now), order: this.#order++, run }
    this.#queue.push(entry)
    return () => {
      const index = this.#queue.indexOf(entry)
      if (index >= 0) this.#queue.splice(index, 1)
    }
  }

  after(delay: number, run: () => void): () => void {
    return this.at(this.now + delay, run)
  }

  /** Runs until this time; `check` is called after everything that happened, once promises have settled. */
  async runUntil(end: number, check: () => void): Promise<void> {
    while (true) {
      let next = this.#queue[0]
      for (const entry of this.#queue) {
        if (!next || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = entry
      }
      if (!next || next.at > end) break
      this.#queue.splice(this.#queue.indexOf(next), 1)
      this.now = next.at
      next.run()
      await nextTurn()
      check()
    }
    this.now = end
  }
}
