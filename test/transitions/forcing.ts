/** How each happening of the model is forced on a real election: by the server, its faults, the gate and the clock. */
import { attemptFor } from '../../src/statechart/context.ts'
import type { FaultEffect } from '../../src/testing/index.ts'
import { RENEW_DEADLINE } from '../support/cluster.ts'
import { COOLDOWN, type Failure, type Happening, IDENTITY, typeOf } from './happenings.ts'
import { arrangeLease, putLease } from './lease-on-server.ts'
import type { Replay } from './replay.ts'
import { untilTimer } from './time.ts'
import { interruptWatch, openWatch, openWatchLate, tellChange, tellDeletion } from './watch.ts'

/** Makes it happen; false where it can't from here. */
export async function force(replay: Replay, happening: Happening): Promise<boolean> {
  const type = typeOf(happening)
  switch (happening.kind) {
    case 'readAnswered':
      if (replay.request?.isCarriedOut) replay.request.forget()
      arrangeLease(replay.server, happening.lease, replay.snapshot.context.ownWrites)
      return replay.answer()
    case 'readAnsweredLate':
      return replay.request?.isCarriedOut ? replay.answer() : false
    case 'written':
      return replay.answer()
    case 'claimedTooLate':
      return answerWhilePaused(replay)
    case 'failed':
      return fail(replay, happening.by, type)
    case 'changed':
      return tellChange(replay, happening)
    case 'deleted':
      return tellDeletion(replay, happening.lease)
    case 'watchOpened':
      return openWatch(replay)
    case 'watchOpenedLate':
      return openWatchLate(replay)
    case 'watchInterrupted':
      return interruptWatch(replay)
    case 'clockDoubted':
      replay.clock.stepWall(RENEW_DEADLINE)
      return untilTimer(replay, type)
    case 'timer':
      // Where a watch stands, ten minutes go by before the next look.
      if (type.includes('.pollInterval.') && replay.gate.stream) await interruptWatch(replay)
      return untilTimer(replay, type)
    case 'stepDown':
      replay.actor.send({ type: 'stepDown', cooldown: COOLDOWN })
      return true
    case 'stop':
    case 'workStarted':
    case 'workEnded':
      replay.actor.send({ type: happening.kind })
      return true
    case 'ended':
      await replay.receives(type, () => replay.ending.resolve())
      return true
    case 'broke':
      await replay.receives(type, () => replay.ending.reject(new Error('broken')))
      return true
  }
}

async function answerWhilePaused(replay: Replay): Promise<boolean> {
  await replay.request?.carryOut()
  replay.clock.pause()
  replay.clock.advance(RENEW_DEADLINE)
  const isDone = await replay.answer()
  replay.clock.resume()
  return isDone
}

/** One after the other with each failure in a row, so that no way to fail is left out. */
const TRANSIENT: readonly FaultEffect[] = [
  { reset: true },
  { status: 503 },
  { status: 502, body: '<html>Bad Gateway</html>', plainText: true },
  { status: 500 },
  { status: 429 },
  { status: 504 },
]

const REFUSALS = {
  forbidden: { status: 403 },
  invalid: { status: 422 },
  ownerForbidden: { status: 403, message: "cannot set an ownerRef on a resource you can't delete: , <nil>" },
} as const

async function fail(replay: Replay, by: Failure, type: string): Promise<boolean> {
  const { request, server, snapshot } = replay
  if (!request) return false
  if (request.isRead) request.forget()
  if (request.isCarriedOut) {
    if (by !== 'transient') return false
    await replay.receives(type, () => request.breakConnection()) // committed, but nobody says so
    return true
  }
  const { failures } = snapshot.context
  if (by === 'conflict') {
    // Somebody else was faster: the server finds out by itself.
    putLease(server, 'held')
    return replay.answer()
  }
  if (by === 'transient' && failures === 0 && (snapshot.matches('observing') || snapshot.matches('acquiring'))) {
    await replay.receives(type, () => replay.clock.advance(attemptFor(snapshot.context, 'look').patience))
    return true
  }
  const effect = by === 'transient' ? TRANSIENT[failures % TRANSIENT.length]! : REFUSALS[by]
  const verb = request.isRead ? 'get' : (['create', 'patch', 'delete'] as const)
  using _ = server.faults.add({ from: IDENTITY, verb, times: 1, ...effect })
  return await replay.answer()
}
