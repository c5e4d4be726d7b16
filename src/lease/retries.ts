/** How long to wait before a failed request is tried again. */
import type { Settings } from '../options/types.ts'
import { timerDelay } from './clock.ts'

/** Of what the deadline leaves after the interval, a leader's waits take at most so much: its own ones, and a server's. */
const SHARE = { backoff: 1 / 8, retryAfter: 1 / 2 } as const
/** Milliseconds that a leader waits all the same, before its jitter, however little the deadline leaves. */
const LEAST = 100

export interface Failure {
  /** Milliseconds that the options state for a failure of this number. */
  readonly backoff: number
  /** Milliseconds that the server asks for, or 0. */
  readonly retryAfter: number
  /** Of a request that keeps a term. */
  readonly isOfTerm: boolean
}

/**
 * Milliseconds to wait after a failure, with jitter: many candidates must not come back in step. A server may ask for a
 * longer wait than ours, but not for longer than a lease lasts.
 *
 * A leader does not sleep through its deadline: an outage that ends before it must not cost the term.
 *
 * @param random from 0 to 1.
 */
export function retryDelay({ backoff, retryAfter, isOfTerm }: Failure, timing: Timing, random: number): number {
  const margin = isOfTerm ? timing.renewDeadline - timing.interval : Number.POSITIVE_INFINITY
  const ours = Math.min(backoff, Math.max(LEAST, margin * SHARE.backoff))
  const asked = Math.min(retryAfter, timing.leaseDuration, margin * SHARE.retryAfter)
  return timerDelay(Math.max(ours * (0.5 + random), asked * (1 + random / 4)))
}

type Timing = Pick<Settings, 'interval' | 'renewDeadline' | 'leaseDuration'>
