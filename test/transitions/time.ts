/** Time goes by for a real election, from timer to timer. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Replay } from './replay.ts'

/** Timers that fire only where nothing succeeds meanwhile. */
const WITHOUT_ANSWERS = /^xstate\.after\.(termValidity|releaseTimeout)\./

/** Time goes by until this timer fires. Requests that are sent meanwhile are answered, unless that would prevent it. */
export async function untilTimer(replay: Replay, type: string): Promise<boolean> {
  const before = replay.received(type)
  for (let timers = 0; timers < 150 && replay.snapshot.status === 'active'; timers += 1) {
    if (replay.request && !WITHOUT_ANSWERS.test(type)) await replay.answer()
    else await toNextTimer(replay)
    if (replay.received(type) > before) return true
    await replay.rest()
  }
  return false
}

export async function toNextTimer(replay: Replay): Promise<void> {
  const { clock } = replay
  if (clock.untilNextTimer === Number.POSITIVE_INFINITY) throw new Error('nothing will happen any more by itself')
  clock.advance(clock.untilNextTimer)
  // An attempt whose timeout is over is given up when what has arrived is read.
  for (let turn = 0; turn < 3; turn += 1) await nextTurn()
  await replay.rest()
}
