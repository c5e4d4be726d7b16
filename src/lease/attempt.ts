/**
 * How one attempt of a request is made: how long its answer is awaited, and how it ranks among others.
 *
 * The patience follows what was measured, as TCP's retransmission timer does (RFC 6298): a server that takes long is
 * given the time that it takes, as far as the deadline leaves any. Pure: times come in.
 */

/** What a candidate has learnt of the time from sending a request to its answer. Milliseconds. */
export interface RoundTrip {
  /** Undefined until the first answer. */
  readonly smoothed: number | undefined
  readonly variation: number
  /**
   * The shortest there was: what the way takes where nothing is busy. The first is none to count, since a process that
   * has just begun is busy with itself: undefined until the second answer.
   */
  readonly least: number | undefined
  /** Attempts in a row that were given up without an answer: each doubles the patience. */
  readonly givenUp: number
}

export const UNMEASURED: RoundTrip = { smoothed: undefined, variation: 0, least: undefined, givenUp: 0 }

/** How a request is to be sent. */
export interface Attempt {
  /** Milliseconds for which an answer is awaited, where nothing else bounds it. */
  readonly patience: number
  readonly urgency: Urgency
}

/**
 * What a request is for. Where more is wanted than the server answers, what keeps a term goes first, the nearest to the
 * end of its term before the others; then what hands a Lease back; then claims; then looks.
 */
export type Urgency =
  | {
      readonly purpose: 'keep'
      /** Monotonic time at which the term ends without it. */
      readonly until: number
    }
  | { readonly purpose: 'release' | 'claim' | 'look' }

/** Adds a measured round trip. */
export function measured({ smoothed, variation, least }: RoundTrip, sample: number): RoundTrip {
  if (smoothed === undefined) return { smoothed: sample, variation: sample / 2, least, givenUp: 0 }
  return {
    least: Math.min(least ?? sample, sample),
    smoothed: smoothed + (sample - smoothed) / 8,
    variation: variation + (Math.abs(smoothed - sample) - variation) / 4,
    givenUp: 0,
  }
}

/** Adds an attempt that was given up: how long its answer would have taken is not known, but longer than that. */
export function gaveUp(roundTrip: RoundTrip): RoundTrip {
  return { ...roundTrip, givenUp: roundTrip.givenUp + 1 }
}

/**
 * Milliseconds to wait for an answer: never less than `least`, nor more than `most`. At least twice of what is usual: where
 * every answer takes equally long there is no variation, and one that comes a moment later must not be missed.
 */
export function patienceOf({ smoothed = 0, variation, givenUp }: RoundTrip, least: number, most: number): number {
  return Math.min(most, Math.max(least, 2 * smoothed, smoothed + 4 * variation) * 2 ** givenUp)
}

/**
 * Milliseconds until an attempt that is made now is given up. What keeps a term may take half of what the deadline
 * leaves, so that a server that turned slow all at once does not cost the term, and a second attempt still fits in.
 */
export function timeoutOf({ patience, urgency }: Attempt, now: number): number {
  if (urgency.purpose !== 'keep') return patience
  const left = Math.max(1, urgency.until - now)
  return Math.min(left, Math.max(patience, left / 2))
}
