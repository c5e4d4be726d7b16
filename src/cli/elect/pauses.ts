/** Tells when the process stood still: after SIGSTOP, a suspended machine, a very busy one. */

export interface Woke {
  readonly type: 'woke'
  /** Milliseconds. */
  readonly pausedFor: number
}

const HEARTBEAT = 100
/** A pause worth telling: longer than garbage collections and busy moments. */
const PAUSE = 1_000

/**
 * Watches until what it returns is called. Its timer is due before those of an election that is started later, so it
 * speaks before they do.
 */
export function watchForPauses(tell: (woke: Woke) => void): () => void {
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    if (now - last > PAUSE) tell({ type: 'woke', pausedFor: now - last })
    last = now
  }, HEARTBEAT)
  return () => clearInterval(timer)
}
