/** Durations as people read them. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `45s`, `3m12s`, `47m`, `5h`, `3d`: what is long ago need not be exact. What lies ahead has a minus. */
export function age(milliseconds: number): string {
  if (milliseconds <= -SECOND) return `-${age(-milliseconds)}`
  const length = Math.max(0, milliseconds)
  if (length < 2 * MINUTE) return `${Math.floor(length / SECOND)}s`
  if (length < 10 * MINUTE) return `${Math.floor(length / MINUTE)}m${Math.floor((length % MINUTE) / SECOND)}s`
  if (length < 3 * HOUR) return `${Math.floor(length / MINUTE)}m`
  if (length < 2 * DAY) return `${Math.floor(length / HOUR)}h`
  return `${Math.floor(length / DAY)}d`
}

/** For settings and measurements: `60 s`, `1.5 s`, `350 ms`, `0.4 ms`. */
export function exactly(milliseconds: number): string {
  if (milliseconds >= SECOND) return `${Number((milliseconds / SECOND).toFixed(1))} s`
  return `${Number(milliseconds.toFixed(milliseconds < 10 ? 1 : 0))} ms`
}
