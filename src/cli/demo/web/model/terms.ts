/**
 * Who led from when until when, by what each candidate said at each moment by its own clocks: so two who lead at once would
 * be seen, whatever the Lease says. One that falls silent (paused, killed) leads until its own deadline and no longer.
 */
import type { Status } from './messages.ts'

/** Milliseconds since 1970; `until` is undefined while it goes on. */
export interface Span {
  readonly from: number
  readonly until: number | undefined
}

export interface Term {
  readonly pod: string
  readonly process: string
  readonly fencingToken: string
  /** More than one where the candidate was in doubt meanwhile. */
  readonly spans: readonly Span[]
  /** Until when it leads if nothing more is heard of it. */
  readonly deadline: number
}

/** In which exactly `pods` led: two or more of them, or none. */
export interface Stretch {
  readonly from: number
  readonly until: number
  readonly pods: readonly string[]
}

const MOST_KEPT = 200

export class Terms {
  #all: readonly Term[]

  constructor(terms: readonly Term[] = []) {
    this.#all = terms
  }

  /** In the order in which they began. */
  get all(): readonly Term[] {
    return this.#all
  }

  /** Takes what a candidate says; returns the term that it changes. */
  note(pod: string, process: string, { at, isLeading, fencingToken, validFor }: Status): Term | undefined {
    if (!isLeading || fencingToken === undefined) return this.end(process, at)
    const term = this.#all.find((each) => each.process === process && each.fencingToken === fencingToken)
    const spans = term?.spans ?? []
    const isOpen = spans.length > 0 && spans.at(-1)!.until === undefined
    return this.put({
      pod,
      process,
      fencingToken,
      spans: isOpen ? spans : [...spans, { from: at, until: undefined }],
      deadline: at + validFor,
    })
  }

  /** The process says that it does not lead, or is gone. */
  end(process: string, at: number): Term | undefined {
    const term = this.#all.find(({ process: of, spans }) => of === process && spans.at(-1)!.until === undefined)
    if (!term) return undefined
    const last = term.spans.at(-1)!
    return this.put({
      ...term,
      spans: [...term.spans.slice(0, -1), { ...last, until: Math.max(last.from, Math.min(at, term.deadline)) }],
    })
  }

  /** Adds it, or puts it in the place of the same term as it was before. */
  put(term: Term): Term {
    const index = this.#all.findIndex(
      (each) => each.process === term.process && each.fencingToken === term.fencingToken,
    )
    this.#all = index < 0 ? [...this.#all, term].slice(-MOST_KEPT) : this.#all.with(index, term)
    return term
  }

  /** Who leads at this moment. */
  leaders(now: number): readonly Term[] {
    return this.#all.filter(({ spans, deadline }) => spans.at(-1)!.until === undefined && deadline > now)
  }

  /** Stretches in which two or more led. */
  overlaps(now: number): readonly Stretch[] {
    return this.#stretches(now).filter(({ pods }) => pods.length > 1)
  }

  /** Stretches in which nobody led, after the first who did. */
  gaps(now: number): readonly Stretch[] {
    return this.#stretches(now).filter(({ pods }) => pods.length === 0)
  }

  /** Time cut where somebody begins or ends. */
  #stretches(now: number): readonly Stretch[] {
    const spans = this.#all.flatMap((term) => spansOf(term, now).map((span) => ({ ...span, pod: term.pod })))
    const cuts = [...new Set([...spans.flatMap(({ from, until }) => [from, until]), now])].sort((a, b) => a - b)
    return cuts.slice(1).flatMap((until, index) => {
      const from = cuts[index]!
      const pods = spans.filter((span) => span.from < until && span.until > from).map(({ pod }) => pod)
      return until <= now ? [{ from, until, pods }] : []
    })
  }
}

/** With an end each: the present, or the deadline, where it goes on. */
export function spansOf(
  { spans, deadline }: Term,
  now: number,
): readonly { readonly from: number; readonly until: number }[] {
  return spans.map(({ from, until }) => ({ from, until: until ?? Math.max(from, Math.min(now, deadline)) }))
}
