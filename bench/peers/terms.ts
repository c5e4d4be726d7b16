/** Terms, as electors tell them: who said to lead from when until when, and what that means of several of them. */
import type { Happening } from '../electors/running-elector.ts'

export interface Term {
  readonly who: string
  /** By the machine's monotonic clock, in milliseconds. */
  readonly from: number
  /** Infinity while it lasts. */
  readonly to: number
}

/** Two at one time. */
export interface Overlap {
  /** Whose term began first: it should have been over. */
  readonly late: string
  readonly next: string
  readonly from: number
  readonly to: number
}

/** Of one candidate: each beginning with the first end after it. */
export function termsOf(who: string, led: readonly Happening[], lost: readonly Happening[]): Term[] {
  return led.map(({ at: from }) => ({ who, from, to: lost.find(({ at }) => at >= from)?.at ?? Infinity }))
}

/** Each pair of two candidates' terms that have a time in common. */
export function overlapsOf(terms: readonly Term[]): Overlap[] {
  const inOrder = [...terms].sort((a, b) => a.from - b.from)
  return inOrder.flatMap((early, index) =>
    inOrder
      .slice(index + 1)
      .filter((later) => later.who !== early.who && later.from < early.to)
      .map((later) => ({ late: early.who, next: later.who, from: later.from, to: Math.min(early.to, later.to) })),
  )
}

/** Milliseconds of this time in which nobody led, and in which more than one did. */
export function countLeaders(terms: readonly Term[], from: number, until: number): { none: number; several: number } {
  const within = terms
    .map((term) => ({ from: Math.max(term.from, from), to: Math.min(term.to, until) }))
    .filter((term) => term.from < term.to)
  const moments = [...new Set([from, until, ...within.flatMap((term) => [term.from, term.to])])].sort((a, b) => a - b)
  let [none, several] = [0, 0]
  for (const [index, begin] of moments.slice(0, -1).entries()) {
    const end = moments[index + 1]!
    const leaders = within.filter((term) => term.from <= begin && term.to >= end).length
    if (leaders === 0) none += end - begin
    if (leaders > 1) several += end - begin
  }
  return { none, several }
}
