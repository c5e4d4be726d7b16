/** The clocks and timers of this process: the only place where they are read. */
import type { Clock } from '../lease/clock.ts'
import { readBootClock } from './boot-clock.ts'

/** The clocks and timers of this process. Its timers keep the process alive until they fire or are cleared. */
export const systemClock: Clock = {
  // The boot-time clock first: a process that stands still in between takes that for a suspend, rather than missing one.
  now: () => ({ boot: readBootClock(), monotonic: performance.now(), wall: Date.now() }),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}
