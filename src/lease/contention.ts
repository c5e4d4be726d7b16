/**
 * How long a candidate waits before it claims a free Lease, so that of many candidates few do.
 *
 * Nobody knows how many stand. So the wait is drawn from a distribution whose early moments are exponentially rarer than
 * its late ones (as in Sift, a protocol for access to a shared medium): from one round trip to the next three times as
 * many come forward, and whoever has not by then hears of the first claim. So about three claim, whether 2 or 1,000 wait.
 *
 * Keeps rule 10 of docs/protocol.md: no herd.
 */
import type { RoundTrip } from './attempt.ts'

/** For up to so many candidates the first one to claim is, on average, alone at its moment. */
const CANDIDATES = 3_000
/** The window in round trips, as short as they can be, each of which is the time in which the others hear of a claim. */
const ROUND_TRIPS = 7
/** Milliseconds to which a slow server may widen the window. */
const WIDEST = 100

const MOST_DOUBLINGS = 2

/** Milliseconds that nobody waits longer than before a claim, however slow the server. */
export function widestWindow(jitter: number): number {
  return jitter === 0 ? 0 : Math.max(jitter, WIDEST) * 2 ** MOST_DOUBLINGS
}

/**
 * Milliseconds of the window from which the wait is drawn.
 *
 * @param jitter what the options ask for; 0 waits never.
 * @param conflicts how often others came first in this hand-over: each doubles it.
 */
export function claimWindow(jitter: number, { least = 0 }: RoundTrip, conflicts: number): number {
  if (jitter === 0) return 0
  const forRoundTrip = Math.min(WIDEST, ROUND_TRIPS * least)
  return Math.max(jitter, forRoundTrip) * 2 ** Math.min(conflicts, MOST_DOUBLINGS)
}

/** Draws a wait from the window. `random` is from 0 (included) to 1. */
export function claimDelay(window: number, random: number): number {
  return window * Math.max(0, 1 + Math.log(1 - random) / Math.log(CANDIDATES))
}
