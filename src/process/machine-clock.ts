/** The clocks that all processes of this machine share, for moments that one process tells another. */
import type { Unsettable } from '../lease/clock.ts'
import { readBootClock } from './boot-clock.ts'

/** The present. Its monotonic time counts from the same moment in every process, unlike that of `performance.now()`. */
export function machineNow(): Unsettable {
  return { boot: readBootClock(), monotonic: Number(process.hrtime.bigint()) / 1e6 }
}
