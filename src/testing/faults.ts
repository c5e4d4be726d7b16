/** Faults to inject: which requests they strike, and what becomes of those. */

/** What a request asks for, in the words of RBAC. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** Which requests; what is left out matches every one. */
export interface FaultTarget {
  /** Identities, as in `pod(name)`. */
  readonly from?: string | readonly string[]
  /** Default: every verb. */
  readonly verb?: Verb | readonly Verb[]
  /** Plural, as in paths: `leases`. */
  readonly resource?: string
  /** Of the Lease; null: requests that name none, such as a watch of a whole namespace. */
  readonly name?: string | null
  /** Strikes this many requests, then no more. Default: all until removed. */
  readonly times?: number
}

/** What becomes of a request that is struck. Several effects combine. */
export interface FaultEffect {
  /** Milliseconds before the request is carried out: it is, even if the client has gone meanwhile (a late commit). */
  readonly delay?: number
  /** Milliseconds between carrying it out and answering. */
  readonly delayAfterCommit?: number
  /** The request never arrives, or its answer never does. The connection stays open and silent. */
  readonly drop?: 'request' | 'response'
  /** The request arrives and nothing happens. */
  readonly hang?: boolean
  /** The connection is reset: before the request is carried out, or after it with `afterCommit`. */
  readonly reset?: boolean
  /** Answers with this status instead: without carrying the request out, or after it with `afterCommit`. */
  readonly status?: number
  /** With `reset` or `status`: the request is carried out first. */
  readonly afterCommit?: boolean
  /** The message of the Status. */
  readonly message?: string
  /** Seconds, in the Retry-After header and in the Status. */
  readonly retryAfter?: number
  /** Plain text instead of a Status, as priority and fairness and proxies answer. */
  readonly plainText?: boolean
  /** This body instead of the real one. */
  readonly body?: string
  /** Reads with resourceVersion=0, which any cache may answer, are answered from this many versions ago. */
  readonly staleBy?: number
  /** Milliseconds by which the server's clock is ahead, as the answer's `Date` header says; below 0: behind. */
  readonly clockOffset?: number
  /** Open watches are told nothing, though they stay open. */
  readonly silence?: boolean
  /** The next line of a watch is cut in half, and the stream ends. */
  readonly truncate?: boolean
}

/** Which requests are struck, and what becomes of them. */
export type Fault = FaultTarget & FaultEffect

/** A fault that is being injected, until it is removed or disposed of. */
export interface FaultHandle extends Disposable {
  /** As it was given. */
  readonly fault: Fault
  /** How many requests it has struck. */
  readonly hits: number
  /** From now on it strikes nothing. */
  remove(): void
}

/** Identities that are cut off, until it is healed or disposed of. */
export interface Partition extends Disposable {
  /** Ends it. What was lost stays lost. */
  heal(): void
}

/** What of a request decides whether it is struck. */
export interface Struck {
  readonly identity: string
  readonly verb: Verb
  readonly resource: string
  readonly name: string | undefined
}

/** The faults of a server: those that are injected now. */
export class Faults {
  readonly #active = new Set<{ fault: Fault; hits: number }>()

  /** Injects a fault until it is removed, or has struck `times` requests. */
  add(fault: Fault): FaultHandle {
    const entry = { fault, hits: 0 }
    this.#active.add(entry)
    const remove = () => void this.#active.delete(entry)
    return {
      fault,
      get hits() {
        return entry.hits
      },
      remove,
      [Symbol.dispose]: remove,
    }
  }

  /** Cuts identities off. One way, either their requests or the answers to them get lost. */
  partition(
    from: string | readonly string[],
    { lost = 'both' }: { lost?: 'requests' | 'answers' | 'both' } = {},
  ): Partition {
    const handles = [
      this.add({ from, drop: lost === 'answers' ? 'response' : 'request' }),
      ...(lost === 'requests' ? [] : [this.add({ from, verb: 'watch', silence: true })]),
    ]
    const heal = () => {
      for (const handle of handles) handle.remove()
    }
    return { heal, [Symbol.dispose]: heal }
  }

  /** Removes every fault. */
  clear(): void {
    this.#active.clear()
  }

  /** @internal The effects on a request that has just arrived, all faults that match taken together. */
  strike(request: Struck): FaultEffect {
    const effect: FaultEffect = {}
    for (const entry of this.#active) {
      if (!matches(entry.fault, request) || isStreamEffect(entry.fault)) continue
      Object.assign(effect, this.#use(entry))
    }
    return effect
  }

  /** @internal The effect on a line that is about to be sent to an open watch. */
  strikeLine(request: Struck): 'silence' | 'truncate' | undefined {
    for (const entry of this.#active) {
      if (!matches(entry.fault, request) || !isStreamEffect(entry.fault)) continue
      return this.#use(entry).truncate ? 'truncate' : 'silence'
    }
    return undefined
  }

  #use(entry: { fault: Fault; hits: number }): Fault {
    entry.hits += 1
    if (entry.fault.times !== undefined && entry.hits >= entry.fault.times) this.#active.delete(entry)
    return entry.fault
  }
}

function isStreamEffect({ silence, truncate }: Fault): boolean {
  return Boolean(silence || truncate)
}

function matches({ from, verb, resource, name }: FaultTarget, request: Struck): boolean {
  return (
    oneOf(from, request.identity) &&
    oneOf(verb, request.verb) &&
    oneOf(resource, request.resource) &&
    (name === null ? request.name === undefined : oneOf(name, request.name))
  )
}

function oneOf(wanted: string | readonly string[] | undefined, actual: string | undefined): boolean {
  if (wanted === undefined) return true
  return actual !== undefined && (Array.isArray(wanted) ? wanted.includes(actual) : wanted === actual)
}
