/** Knows when this process's HTTP requests have come to rest, so that tests need not guess how long they take. */
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

const inFlight = new Set<object>()
let activity = 0

/** What the library says of its own requests: credentials, connections and turns that they wait for included. */
subscribe('kubernetes-leader-election.request', (message) => {
  const { request, state } = message as { request: object; state: 'begins' | 'sent' | 'ends' }
  activity += 1
  if (state === 'begins') inFlight.add(request)
  if (state === 'ends') inFlight.delete(request)
})

const begin = (message: unknown) => {
  const { request } = message as { request: ClientRequest }
  activity += 1
  inFlight.add(request)
  request.once('close', () => {
    activity += 1
    inFlight.delete(request)
  })
  // A watch is answered when it stands; its body has no end.
  request.once('response', () => {
    activity += 1
    if (request.path.includes('watch=true')) inFlight.delete(request)
  })
}
subscribe('http.client.request.start', begin)

/** Milliseconds of real time without anything happening after which a request counts as left unanswered on purpose. */
const HANGS = 40
/** Turns of the event loop in which a received answer works its way through promises and the statechart. */
const TURNS = 20

/** Resolves when no request is under way any more, or those that are get no answer. */
export async function settled(): Promise<void> {
  let quietTurns = 0
  let last = activity
  let lastChange = performance.now()
  while (quietTurns < TURNS) {
    await nextTurn()
    const isHanging = inFlight.size > 0 && performance.now() - lastChange > HANGS
    if (activity !== last || (inFlight.size > 0 && !isHanging)) {
      quietTurns = 0
      if (activity !== last) lastChange = performance.now()
      last = activity
    } else quietTurns += 1
  }
}
