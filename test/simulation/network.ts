/** What a network, and a server in trouble, do to the requests of one process. Conditions combine while they last. */

export interface Condition {
  /** Milliseconds one way, at most. */
  readonly latency?: number
  /** Probabilities that a request, or the answer to it, gets lost. */
  readonly requestLoss?: number
  readonly answerLoss?: number
  /** Probability that a request is carried out only up to this many milliseconds later. */
  readonly lateCommit?: number
  /** Instead of carrying the request out, the server answers this. */
  readonly answer?: FaultyAnswer
  /** The watch stays open and tells nothing. */
  readonly isSilent?: boolean
  /** The watch cache is this many milliseconds behind. */
  readonly lag?: number
  /** Watches end soon: in order where they are cut, else by an error such as 410. */
  readonly watchEnds?: 'cut' | 'error'
}

export interface FaultyAnswer {
  readonly status: 401 | 403 | 429 | 500 | 503 | 504
  readonly probability: number
  /** Milliseconds. */
  readonly retryAfter?: number
}

const CALM_LATENCY = 20

export class Network {
  readonly #conditions = new Set<Condition>()

  /** Adds a condition; returns what ends it. */
  add(condition: Condition): () => void {
    this.#conditions.add(condition)
    return () => this.#conditions.delete(condition)
  }

  get latency(): number {
    return this.#most('latency', CALM_LATENCY)
  }

  get requestLoss(): number {
    return this.#most('requestLoss', 0)
  }

  get answerLoss(): number {
    return this.#most('answerLoss', 0)
  }

  get lateCommit(): number {
    return this.#most('lateCommit', 0)
  }

  get lag(): number {
    return this.#most('lag', 0)
  }

  get isSilent(): boolean {
    for (const { isSilent } of this.#conditions) if (isSilent) return true
    return false
  }

  get watchEnds(): 'cut' | 'error' | undefined {
    for (const { watchEnds } of this.#conditions) if (watchEnds) return watchEnds
    return undefined
  }

  get faultyAnswers(): FaultyAnswer[] {
    return [...this.#conditions].flatMap(({ answer }) => answer ?? [])
  }

  #most(name: 'latency' | 'requestLoss' | 'answerLoss' | 'lateCommit' | 'lag', least: number): number {
    let most = least
    for (const condition of this.#conditions) most = Math.max(most, condition[name] ?? 0)
    return most
  }
}
