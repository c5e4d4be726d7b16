/**
 * The clocks a process has, and its timers, in one object that tests and simulations can replace.
 *
 * The monotonic clock measures durations: nobody can set it, but it may stand still while the machine is suspended.
 * The wall clock goes on during a suspend, but can be set at any time. The boot-time clock goes on during a suspend and
 * can't be set: where there is one (Linux with the kernel's own /proc/uptime, Windows), no suspend is hidden by a wall clock
 * that is set back meanwhile, but one of less than 40 ms. macOS needs none, since its monotonic clock counts suspends. Where
 * there is none (other systems, and containers in which lxcfs shows another /proc/uptime), such a suspend goes unnoticed.
 * No clock sees that a virtual machine was halted, but the wall clock once that is right again. None is ever compared with
 * another machine's.
 */
import { LONGEST_DELAY } from '../options/limits.ts'

/** The clocks and timers that an election lives by. A simulation brings its own; else it is `systemClock`. */
export interface Clock {
  /** The present on all clocks, read at one moment. */
  now(): Instant
  /** Calls back once, after at least so many milliseconds of the monotonic clock; returns what `clearTimeout` takes. */
  setTimeout(callback: () => void, delay: number): unknown
  /** The timer does not fire any more. One that has fired, or is undefined, is no error. */
  clearTimeout(timer: unknown): void
}

/** A point in time on all clocks of this process, in milliseconds. */
export interface Instant {
  /** Since any moment that stays the same: the clock that nobody can set. */
  readonly monotonic: number
  /** Since 1970, as of `Date.now()`: the clock that can be set. */
  readonly wall: number
  /** Since the machine was started, suspends included, in steps of up to 20 ms; undefined where no clock tells. */
  readonly boot?: number | undefined
}

/** What of an instant nobody can set. */
export type Unsettable = Pick<Instant, 'monotonic' | 'boot'>

/** Milliseconds by which two times of the boot-time clock may be less or more apart than they say. */
const BOOT_STEP = 20
/** What the boot-time clock and the monotonic one may drift apart without a suspend: they need not count one oscillator. */
const BOOT_DRIFT = 0.001

/**
 * Milliseconds for which the machine was suspended between the two, as the boot-time clock tells: rather more than less, and
 * 0 where that may be nothing but its steps.
 */
export function suspendedBetween(from: Unsettable, to: Unsettable): number {
  if (from.boot === undefined || to.boot === undefined) return 0
  const elapsed = to.monotonic - from.monotonic
  const beyond = to.boot - from.boot - elapsed
  return beyond > BOOT_STEP + BOOT_DRIFT * elapsed ? beyond + BOOT_STEP : 0
}

/** A delay that a timer can have: whole milliseconds, never early, never beyond what Node.js can wait for. */
export function timerDelay(milliseconds: number): number {
  return Math.min(LONGEST_DELAY, Math.max(0, Math.ceil(milliseconds)))
}
