/** Chance by seed: the same seed gives the same numbers, on every machine. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, not including, 1: by mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next()
  }

  /** Every order of magnitude is equally likely. */
  magnitude(low: number, high: number): number {
    return low * (high / low) ** this.next()
  }

  integer(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.next() * items.length)]!
  }

  /** A source of its own for one part of a history: what happens elsewhere does not change its numbers. */
  static of(seed: number, part: string): Random {
    let hash = 0x811c9dc5 ^ seed
    for (const character of part) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
    const random = new Random(hash)
    for (let warmUp = 0; warmUp < 3; warmUp += 1) random.next()
    return random
  }
}
