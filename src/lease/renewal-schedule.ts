/**
 * When a term is renewed: once an interval, at a phase of the interval that is its own.
 *
 * The phase is drawn when the term begins, and kept until it ends, whatever happens meanwhile. So the terms of a process
 * are renewed at moments that are independent of each other: what began together goes apart at once, and what a busy
 * process, an outage or a clock that was set has brought into step goes apart with the next renewal. Lateness does not add
 * up, and makes no more renewals than one an interval; between two that come on time there is never more than that.
 *
 * Keeps rule 12 of docs/protocol.md: renewals keep apart.
 */

/**
 * Moments in an interval at which terms are renewed: those of a process that fall on the same one wake it once, and share
 * what is written to the connection. A thousand terms that were each renewed by itself took half as much processor time
 * again.
 */
const MOMENTS = 100
/** Milliseconds by which a timer may fire early: such a renewal is the one that was due, and no other one follows. */
const EARLY = 1

/**
 * Monotonic time at which the first renewal of a term is due: any of the moments in the interval after the claim.
 *
 * @param claimedAt when the claim was sent.
 * @param random from 0 (included) to 1.
 */
export function firstRenewal(claimedAt: number, interval: number, random: number): number {
  const moment = interval / MOMENTS
  const due = Math.ceil((claimedAt + interval * (1 - random)) / moment) * moment
  return Math.min(claimedAt + interval, due)
}

/**
 * Monotonic time at which the next renewal is due: the first moment of the phase after the last one was sent. One that was
 * sent before it was due, because something was in doubt, does not take its place.
 *
 * @param dueAt any moment of the phase.
 * @param sentAt when the last renewal was sent.
 */
export function nextRenewal(dueAt: number, sentAt: number, interval: number): number {
  return dueAt + interval * (1 + Math.floor((sentAt + EARLY - dueAt) / interval))
}
