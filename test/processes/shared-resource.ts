/**
 * What the leaders share: it takes writes by fencing token, and keeps who wrote when, so that what must never be can be
 * looked up afterwards.
 */
export interface Write {
  /** Which process. */
  readonly from: string
  readonly fencingToken: bigint
  /** It was told that it leads between these moments: nanoseconds of CLOCK_MONOTONIC, the same for all processes. */
  readonly askedAt: bigint
  readonly answeredAt: bigint
}

/** Everything that was written under one token. */
interface Term {
  readonly fencingToken: bigint
  readonly from: string
  /** By when it led for certain, and when it did so last for certain. */
  ledBy: bigint
  ledAt: bigint
}

export class SharedResource {
  readonly #terms = new Map<bigint, Term>()
  readonly #violations: string[] = []
  #highest = 0n
  #accepted = 0
  #refused = 0

  /** Takes a write unless a higher token was seen; returns whether it did. */
  write({ from, fencingToken, askedAt, answeredAt }: Write): boolean {
    const term = this.#terms.get(fencingToken) ?? { fencingToken, from, ledBy: answeredAt, ledAt: askedAt }
    this.#terms.set(fencingToken, term)
    if (term.from !== from) this.#violations.push(`token ${fencingToken} was used by ${term.from} and by ${from}`)
    if (answeredAt < term.ledBy) term.ledBy = answeredAt
    if (askedAt > term.ledAt) term.ledAt = askedAt
    if (fencingToken < this.#highest) {
      this.#refused += 1
      return false
    }
    this.#highest = fencingToken
    this.#accepted += 1
    return true
  }

  get accepted(): number {
    return this.#accepted
  }

  /** Writes that came after one of a later term. */
  get refused(): number {
    return this.#refused
  }

  /** By token: which is by time. */
  get terms(): readonly Term[] {
    return [...this.#terms.values()].sort((a, b) => (a.fencingToken < b.fencingToken ? -1 : 1))
  }

  /** How often somebody else than before wrote. */
  get handOvers(): number {
    const { terms } = this
    return terms.filter(({ from }, index) => index > 0 && from !== terms[index - 1]!.from).length
  }

  /** In sentences; empty as long as no two led at once. */
  get violations(): string[] {
    const violations = [...this.#violations]
    // Whoever believed last among all earlier terms; each later term must begin after it.
    let last: Term | undefined
    for (const term of this.terms) {
      if (last && last.ledAt > term.ledBy) {
        const overlap = Number(last.ledAt - term.ledBy) / 1e6
        violations.push(
          `${last.from} (${last.fencingToken}) led on for ${overlap.toFixed(1)} ms after ${term.from} (${term.fencingToken})`,
        )
      }
      if (!last || term.ledAt > last.ledAt) last = term
    }
    return violations
  }
}
