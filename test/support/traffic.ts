/** Knows when this process's HTTP requests have come to rest, so that tests need not guess how long they take. */
import { subscribe } from 'node:diagnostics_channel'
import { stat } from 'node:fs/promises'
import type { ClientRequest } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
// Loaded beforehand: the library imports it where credentials are refreshed, which takes time in which nothing happens.
import '../../src/kubernetes/access/client-node.ts'

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

let deliveries = 0

/** For what stands between client and server and takes its time: says that something is on its way, and returns what says that it has arrived. */
export function beginDelivery(): () => void {
  activity += 1
  deliveries += 1
  return () => {
    activity += 1
    deliveries -= 1
  }
}

/** Milliseconds of real time without anything happening after which a request counts as left unanswered on purpose. */
const HANGS = 40
/** Turns of the event loop within them, at least: while other processes have the processor, time goes by and nothing can happen. */
const HANGING_TURNS = 500
/** Trips to the threads that read files, at least: on a busy machine they are later than the event loop. */
const HANGING_TRIPS = 3
/** Turns of the event loop in which a received answer works its way through promises and the statechart. */
const TURNS = 20

/** Resolves when no request is under way any more, or those that are get no answer. */
export async function settled(): Promise<void> {
  let quietTurns = 0
  let turnsSinceChange = 0
  let last = activity
  let lastChange = performance.now()
  let trips = 0
  let isTravelling = false
  const travel = async () => {
    isTravelling = true
    await stat('.')
    isTravelling = false
    trips += 1
  }
  while (quietTurns < TURNS) {
    await nextTurn()
    turnsSinceChange += 1
    const isChanged = activity !== last || deliveries > 0
    if (isChanged) {
      last = activity
      lastChange = performance.now()
      turnsSinceChange = 0
      trips = 0
    }
    if (inFlight.size > 0 && !isTravelling) void travel()
    const hasTime = turnsSinceChange > HANGING_TURNS && trips > HANGING_TRIPS
    const isHanging = hasTime && performance.now() - lastChange > HANGS
    quietTurns = isChanged || (inFlight.size > 0 && !isHanging) ? 0 : quietTurns + 1
  }
}
