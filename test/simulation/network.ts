/** What a network, and a server in trouble, do to the requests of one process. Conditions combine while they last. */

export interface Condition {
  /** Milliseconds one way, at most. */
  readonly latency?: number
  /** Milliseconds that the server takes for a request, give or take a tenth. */
  readonly serviceTime?: number
  /** Probabilities that a request, or the answer to it, gets lost. */
  readonly requestLoss?: number
  readonly answerLoss?: number
  /** Probability that a request is carried out only up to this many milliseconds later. */
  readonly lateCommit?: number
  /** Instead of carrying the request out, the server answers this. */
  readonly answer?: FaultyAnswer
  /** The watch stays open and tells nothing. */
  readonly isSilent?: boolean
  /** The watch cache is up to this many milliseconds behind, for streams that stand already too. */
  readonly lag?: number
  /** Streams of the watch end in order this many milliseconds after they were opened. */
  readonly streamsLast?: number
  /** The requests of the process's other elections, for other Leases, are not answered. */
  readonly othersHang?: boolean
  /** No stream of the watch can be opened. */
  readonly refusesStreams?: boolean
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

type Amount = 'latency' | 'serviceTime' | 'requestLoss' | 'answerLoss' | 'lateCommit' | 'lag'

export class Network {
  readonly #conditions = new Set<Condition>()
  readonly #streams = new Set<() => void>()
  readonly #requests = new Set<() => void>()

  /** Adds a condition; returns what ends it. */
  add(condition: Condition): () => void {
    this.#conditions.add(condition)
    return () => this.remove(condition)
  }

  remove(condition: Condition): void {
    this.#conditions.delete(condition)
  }

  /** Says how a stream of the watch is cut that begins now; returns what to call at its end. */
  carries(cut: () => void): () => void {
    this.#streams.add(cut)
    return () => this.#streams.delete(cut)
  }

  /** Says how a request ends whose connection breaks; returns what to call when it has been answered. */
  awaits(fail: () => void): () => void {
    this.#requests.add(fail)
    return () => this.#requests.delete(fail)
  }

  /** The connection breaks, with all that is under way on it. */
  breakConnection(): void {
    for (const fail of [...this.#requests]) fail()
    this.cutStreams()
  }

  /** All streams of the watch end now. */
  cutStreams(): void {
    for (const cut of [...this.#streams]) cut()
  }

  get latency(): number {
    return this.#most('latency', CALM_LATENCY)
  }

  /** Nothing is wrong with it, as far as this Lease is concerned. */
  get isCalm(): boolean {
    for (const { othersHang } of this.#conditions) if (!othersHang) return false
    return true
  }

  get serviceTime(): number {
    return this.#most('serviceTime', 0)
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

  get othersHang(): boolean {
    for (const { othersHang } of this.#conditions) if (othersHang) return true
    return false
  }

  get refusesStreams(): boolean {
    for (const { refusesStreams } of this.#conditions) if (refusesStreams) return true
    return false
  }

  /** Milliseconds that streams last; undefined where nothing ends them. */
  get streamsLast(): number | undefined {
    let least: number | undefined
    for (const { streamsLast = Number.POSITIVE_INFINITY } of this.#conditions) {
      if (streamsLast < (least ?? Number.POSITIVE_INFINITY)) least = streamsLast
    }
    return least
  }

  get faultyAnswers(): FaultyAnswer[] {
    return [...this.#conditions].flatMap(({ answer }) => answer ?? [])
  }

  #most(name: Amount, least: number): number {
    let most = least
    for (const condition of this.#conditions) most = Math.max(most, condition[name] ?? 0)
    return most
  }
}
