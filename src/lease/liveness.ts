/** How long it takes at most until somebody leads again: the other side of what `tenure.ts` guarantees. */

import type { Settings } from '../options/types.ts'
import { widestWindow } from './contention.ts'

/**
 * Milliseconds within which this candidate leads, or sees that another one does, once its requests are answered and
 * nobody renews the Lease: it has to look, to wait until what it sees has not changed for as long as it says, and to claim.
 *
 * @param longestLease the longest lease duration among the candidates, in milliseconds: the record's own counts.
 */
export function takeoverBound(
  { interval, leaseDuration, renewDeadline, claimJitter }: Timing,
  retryBackoffs: readonly number[],
  longestLease: number,
): number {
  // It may have just begun to wait, for the next poll or after a failure, as long as a server may ask it to.
  // No attempt waits longer than a renew deadline for its answer, and no back-off longer than with all of its jitter.
  const backoffs = retryBackoffs.map((backoff) => 1.5 * backoff)
  const untilItLooks = renewDeadline + Math.max(interval, 1.25 * leaseDuration, ...backoffs) + renewDeadline
  const untilItClaims = widestWindow(claimJitter) + renewDeadline
  // Twice a lease for one whose own Lease was deleted: see `observe` in observation.ts.
  return untilItLooks + 2 * longestLease + untilItClaims
}

type Timing = Pick<Settings, 'interval' | 'leaseDuration' | 'renewDeadline' | 'claimJitter'>
