/** What is read from files that others rotate: believed for a minute, as client-go and client-node do. */

/** Milliseconds; by the monotonic clock, so that a wall clock that is set changes nothing. */
const FRESH = 60_000

/**
 * Reads at most once a minute. Where reading fails, as in the middle of a replacement, what was read before still
 * counts and the next call reads again; there is nothing else to ask with.
 *
 * @param now Monotonic time in milliseconds.
 */
export function keptForAMinute<T>(read: () => Promise<T>, now: () => number): () => Promise<T> {
  let last: { readonly at: number; readonly value: T } | undefined
  return async () => {
    const at = now()
    if (last && at - last.at < FRESH) return last.value
    try {
      last = { at, value: await read() }
    } catch (error) {
      if (!last) throw error
    }
    return last.value
  }
}
