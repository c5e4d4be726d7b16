/**
 * The two clocks a process has, and its timers, in one object that tests and simulations can replace.
 *
 * The monotonic clock measures durations: nobody can set it, but it may stand still while the machine is suspended.
 * The wall clock goes on during a suspend, but can be set at any time. Neither is ever compared with another machine's.
 */
export interface Clock {
  now(): Instant
  setTimeout(callback: () => void, delay: number): unknown
  clearTimeout(timer: unknown): void
}

/** A point in time on both clocks of this process, in milliseconds. */
export interface Instant {
  readonly monotonic: number
  readonly wall: number
}

/** The clocks and timers of this process. Its timers keep the process alive until they fire or are cleared. */
export const systemClock: Clock = {
  now: () => ({ monotonic: performance.now(), wall: Date.now() }),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

/** The longest delay a Node.js timer can have, in milliseconds (24.8 days): a longer one would fire at once. */
export const LONGEST_DELAY = 2 ** 31 - 1

/** A delay that a timer can have: whole milliseconds, never early, never beyond what Node.js can wait for. */
export function timerDelay(milliseconds: number): number {
  return Math.min(LONGEST_DELAY, Math.max(0, Math.ceil(milliseconds)))
}
