/** The requests that the API server gets, and the faults that strike them, a line each. */
import type { FaultEffect } from '../../../testing/faults.ts'
import type { RecordedRequest } from '../../../testing/http/call.ts'
import type { RequestLine } from './model/state.ts'

const MOST_KEPT = 150

export class Requests {
  readonly #lines = new Map<number, RequestLine>()
  readonly #ids = new WeakMap<RecordedRequest, number>()
  #count = 0

  /** The latest, in order. */
  get all(): readonly RequestLine[] {
    return [...this.#lines.values()]
  }

  /** A request that has come, was struck or was answered; returns its line, undefined where that is not kept any more. */
  note(request: RecordedRequest): RequestLine | undefined {
    const id = this.#ids.get(request) ?? this.#count++
    this.#ids.set(request, id)
    if (id < this.#count - MOST_KEPT) return undefined
    const { identity, verb, resource, name, status, fault } = request
    const line: RequestLine = {
      id,
      at: performance.timeOrigin + request.at,
      identity,
      what: `${verb} ${resource}${name === undefined ? '' : `/${name}`}`,
      status,
      fault: fault && wordsOf(fault),
    }
    this.#lines.set(id, line)
    this.#lines.delete(id - MOST_KEPT)
    return line
  }
}

function wordsOf({ drop, status }: FaultEffect): string {
  if (drop) return drop === 'request' ? 'the request is lost' : 'the answer is lost'
  return status === undefined ? 'a fault' : 'outage'
}
