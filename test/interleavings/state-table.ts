/** Millions of states, each three numbers and where it was reached from; each is held once. */
export class StateTable {
  #size = 0
  #parts = new Int32Array(3 << 16)
  #parents = new Int32Array(1 << 16)
  #slots = new Int32Array(1 << 18).fill(-1)

  get size(): number {
    return this.#size
  }

  /** False where the state is known already. */
  add(a: number, b: number, c: number, parent: number): boolean {
    let slot = this.#slotOf(a, b, c)
    if (this.#slots[slot] !== -1) return false
    if (this.#size === this.#parents.length) this.#grow()
    if (this.#size * 2 > this.#slots.length) {
      this.#rehash()
      slot = this.#slotOf(a, b, c)
    }
    this.#parts.set([a, b, c], this.#size * 3)
    this.#parents[this.#size] = parent
    this.#slots[slot] = this.#size
    this.#size += 1
    return true
  }

  at(index: number): readonly [number, number, number] {
    const offset = index * 3
    return [this.#parts[offset]!, this.#parts[offset + 1]!, this.#parts[offset + 2]!]
  }

  /** Indices from the first state to this one. */
  pathTo(index: number): number[] {
    const path = [index]
    while (path[0]! > 0) path.unshift(this.#parents[path[0]!]!)
    return path
  }

  #slotOf(a: number, b: number, c: number): number {
    const mask = this.#slots.length - 1
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    let slot = (hash ^ (hash >>> 13)) & mask
    while (true) {
      const index = this.#slots[slot]!
      if (index === -1) return slot
      const offset = index * 3
      if (this.#parts[offset] === a && this.#parts[offset + 1] === b && this.#parts[offset + 2] === c) return slot
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    const parts = new Int32Array(this.#parts.length * 2)
    parts.set(this.#parts)
    this.#parts = parts
    const parents = new Int32Array(this.#parents.length * 2)
    parents.set(this.#parents)
    this.#parents = parents
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let index = 0; index < this.#size; index += 1) this.#slots[this.#slotOf(...this.at(index))] = index
  }
}
