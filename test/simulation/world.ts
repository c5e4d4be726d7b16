/** One thread of virtual time for everything: what happens next is decided by a seed and by nothing else. */
import { setImmediate as nextTurn } from 'node:timers/promises'

export class World {
  /** Milliseconds since the beginning, true time: no process can read it. */
  now = 0
  readonly #queue: { at: number; order: number; run: () => void }[] = []
  #order = 0
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** Between 0 and 1, by mulberry32. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.random()
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)]!
  }

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
