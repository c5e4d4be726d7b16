/**
 * The bounds of one attempt: a first one until it is sent, then its own timeout.
 *
 * Loading the kubeconfig, credentials, connecting and waiting for its turn are no part of the timeout. What has arrived
 * is read before an attempt is given up: a process that was busy must not take an answer in its buffers for silence.
 */
import { channel } from 'node:diagnostics_channel'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../lease/clock.ts'
import { NoAnswerError } from './exchange.ts'
import { orAborted } from './or-aborted.ts'

/** Milliseconds until an attempt has to be sent. */
const UNSENT_PATIENCE = 8_000

/**
 * Where `node:diagnostics_channel` tells of each request `{ request, state }`: an object that stands for it, and whether
 * it `begins`, is `sent`, or `ends`; a watch ends when it stands.
 */
export const requests = channel('kubernetes-leader-election.request')

export interface Bounds {
  /** Milliseconds from its sending until it is given up. */
  readonly timeout: number
  readonly signal: AbortSignal
  /** Called at the moment before it is sent. */
  readonly onSent: () => void
}

/** What is run gets a signal that aborts where a bound is reached, and is to call `onSent` each time that it sends. */
export async function bounded<Result>(
  clock: Clock,
  { timeout, signal, onSent }: Bounds,
  run: (attempt: Omit<Bounds, 'timeout'>) => Promise<Result>,
): Promise<Result> {
  const attempt = new AbortController()
  const request = {}
  let timer: unknown
  let isOver = false
  const abort = () => attempt.abort(signal.reason)
  const sent = () => {
    clock.clearTimeout(timer)
    onSent()
    requests.publish({ request, state: 'sent' })
    const sentAt = clock.now().monotonic
    timer = clock.setTimeout(async () => {
      await nextTurn() // timers come first in a turn of the event loop, what has arrived after them
      await nextTurn()
      if (isOver) return
      const waited = Math.round(clock.now().monotonic - sentAt)
      attempt.abort(new NoAnswerError(`no answer within ${waited} ms`, waited))
    }, timeout)
  }
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  timer = clock.setTimeout(() => attempt.abort(new Error(UNSENT)), UNSENT_PATIENCE)
  requests.publish({ request, state: 'begins' })
  try {
    return await orAborted(attempt.signal, () => run({ signal: attempt.signal, onSent: sent }))
  } finally {
    isOver = true
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    requests.publish({ request, state: 'ends' })
  }
}

const UNSENT = `not sent within ${UNSENT_PATIENCE} ms: no kubeconfig, no credentials, no connection, or too much is under way`
