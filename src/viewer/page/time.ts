/** The server's time on this page, and times in words. */

let offset = 0
/** Milliseconds that a message may take: corrected by less, time would jump to and fro. */
const UNNOTICED = 1_000

/** @param now milliseconds since 1970, as the server has just said. */
export function setTime(now: number): void {
  offset = now - Date.now()
}

/** Where this page's clock and the server's have come apart: after a sleep, or when the clock was set. */
export function correctTime(now: number): void {
  if (Math.abs(now - serverNow()) > UNNOTICED) setTime(now)
}

export function serverNow(): number {
  return Date.now() + offset
}

/** `9.4 s`, `3 min 20 s`: as wide as before while it counts down. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 100_000) return `${(milliseconds / 1000).toFixed(1)} s`
  return `${Math.floor(milliseconds / 60_000)} min ${Math.floor((milliseconds % 60_000) / 1000)} s`
}

/** Calls now and then, several times a second, while the page can be seen. */
export function everyMoment(call: () => void): void {
  setInterval(() => {
    if (!document.hidden) call()
  }, 100)
}
