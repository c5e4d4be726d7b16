/** Who said to lead when, and which of two was the late one. */
import type { Happening } from '../electors/running-elector.ts'
import { overlapsOf, type Term, termsOf } from '../peers/terms.ts'

/** What one process has told, and what was done to it; times are the machine's monotonic ones, in milliseconds. */
export interface Candidate {
  readonly identity: string
  readonly peer: string
  readonly led: readonly Happening[]
  readonly lost: readonly Happening[]
  /** When its `isLeading()` was true, of those that are asked. */
  readonly saidToLead: readonly number[]
  readonly pauses: readonly Pause[]
}

export interface Pause {
  readonly from: number
  readonly to: number
}

export interface Judgement {
  /** By peer. */
  readonly terms: Readonly<Record<string, number>>
  /** By callbacks, while the late one was awake. */
  readonly overlaps: readonly Attributed[]
  /** Where `isLeading()` was true though another's later term had begun. */
  readonly untrue: readonly Untrue[]
}

export interface Attributed {
  /** The peer whose term began first: it should have been over. */
  readonly late: string
  readonly next: string
  readonly milliseconds: number
}

export interface Untrue {
  readonly identity: string
  readonly beside: string
  readonly at: number
}

export function judge(candidates: readonly Candidate[], until: number): Judgement {
  const of = new Map(candidates.map((candidate) => [candidate.identity, candidate]))
  const terms = candidates
    .flatMap(({ identity, led, lost }) => termsOf(identity, led, lost))
    .map((term) => ({ ...term, to: Math.min(term.to, until) }))
  const counts: Record<string, number> = {}
  for (const { who } of terms) counts[of.get(who)!.peer] = (counts[of.get(who)!.peer] ?? 0) + 1
  const overlaps = overlapsOf(terms).map(({ late, next, from, to }) => ({
    late: of.get(late)!.peer,
    next: of.get(next)!.peer,
    milliseconds: awake(of.get(late)!.pauses, from, to),
  }))
  return {
    terms: counts,
    overlaps: overlaps.filter(({ milliseconds }) => milliseconds > 0),
    untrue: candidates.flatMap((candidate) => untrueOf(candidate, terms)),
  }
}

/** Of this time, what was no pause: who stands still says nothing. */
function awake(pauses: readonly Pause[], from: number, to: number): number {
  const paused = pauses.map((pause) => Math.max(0, Math.min(pause.to, to) - Math.max(pause.from, from)))
  return to - from - paused.reduce((sum, each) => sum + each, 0)
}

function untrueOf({ identity, led, saidToLead }: Candidate, terms: readonly Term[]): Untrue[] {
  return saidToLead.flatMap((at) => {
    const since = led.findLast((begun) => begun.at <= at)?.at
    const later = terms.find(({ who, from, to }) => who !== identity && from <= at && at < to && from > (since ?? at))
    return later ? [{ identity, beside: later.who, at }] : []
  })
}
