/** Forces what the watch of a real election tells, and what becomes of the watch itself. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { observed, pollWithoutWatch } from '../../src/statechart/context.ts'
import { LEASE } from '../support/cluster.ts'
import { eventually } from './eventually.ts'
import type { Line } from './gate.ts'
import { type Happening, IDENTITY } from './happenings.ts'
import { putLease } from './lease-on-server.ts'
import type { Replay } from './replay.ts'
import { toNextTimer } from './time.ts'

/** The Lease is changed, and the watch tells of it: at once, later than of something newer, or with an opaque version. */
export async function tellChange(
  replay: Replay,
  { lease, version }: Extract<Happening, { kind: 'changed' }>,
): Promise<boolean> {
  if (!(await withStream(replay))) return false
  const { gate, server, request } = replay
  if (version === 'older') {
    const known = BigInt(observed(replay.snapshot.context)!.resourceVersion)
    const line = gate.lines.find(({ type, object }) => type !== 'DELETED' && versionOf(object) < known)
    return line ? tell(replay, line) : false
  }
  // A read that was on its way is older than the news; a write of ours is the news, where it is about us.
  if (request && !request.isCarriedOut && (request.isRead || lease === 'own')) await request.carryOut()
  if (lease !== 'own' || !request || request.isRead) putLease(server, lease, replay.snapshot.context.ownWrites)
  const { resourceVersion } = server.leases.get(LEASE)!.metadata
  const line = await eventually('the line of the change', () =>
    gate.lines.find(({ object }) => object.metadata.resourceVersion === resourceVersion),
  )
  return tell(replay, version === 'newer' ? line : withOpaqueVersion(line))
}

export async function tellDeletion(replay: Replay, which: 'observed' | 'another'): Promise<boolean> {
  if (!(await withStream(replay))) return false
  const { gate, server, request } = replay
  if (which === 'another') {
    server.leases.delete(LEASE)
    putLease(server, 'held')
  }
  if (request?.isRead && !request.isCarriedOut) await request.carryOut()
  const uid = server.leases.get(LEASE)?.metadata.uid
  if (uid === undefined) return false
  server.leases.delete(LEASE)
  const line = await eventually('the line of the deletion', () =>
    gate.lines.find(({ type, object }) => type === 'DELETED' && object.metadata.uid === uid),
  )
  return tell(replay, line)
}

async function tell(replay: Replay, line: Line): Promise<boolean> {
  const type = line.type === 'DELETED' ? 'leaseDeleted' : 'leaseChanged'
  await replay.receives(type, () => replay.gate.stream!.tell(line))
  return true
}

function versionOf({ metadata }: Line['object']): bigint {
  return BigInt(metadata.resourceVersion)
}

/** As from a proxy or an extension server that numbers otherwise. */
function withOpaqueVersion({ type, object }: Line): Line {
  const resourceVersion = `x${object.metadata.resourceVersion}`
  return { type, object: { ...object, metadata: { ...object.metadata, resourceVersion } } }
}

/** A watch stands, and opening it has changed nothing else. */
async function withStream(replay: Replay): Promise<boolean> {
  const { essence, gate } = replay
  if (!gate.stream) await openWatch(replay)
  return gate.stream !== undefined && replay.essence === essence
}

/** The stream breaks, and another one stands only when the last look is too old for what may have happened in between. */
export async function openWatchLate(replay: Replay): Promise<boolean> {
  const { gate, essence } = replay
  // A follower polls as late as it may, and its watch comes back before that; a leader's watch comes back late.
  replay.draws = replay.snapshot.matches('leading') ? [LATE] : [LATE, 0]
  if (gate.stream) await replay.receives('watchInterrupted', () => gate.stream!.breakConnection())
  await untilWatchArrives(replay)
  replay.draws = []
  for (let timers = 0; timers < 20 && gate.watch && replay.essence === essence; timers += 1) {
    const { context } = replay.snapshot
    const left = Math.ceil(context.lookedAt! + pollWithoutWatch(context) - replay.now)
    if (left <= 0) {
      await replay.receives('watchOpened', () => gate.openWatch())
      return true
    }
    replay.clock.advance(Math.min(left, replay.clock.untilNextTimer))
    await replay.rest()
  }
  return false
}

/** Nearly the longest wait that the jitter allows. */
const LATE = 0.999

export async function openWatch(replay: Replay): Promise<boolean> {
  const { gate, essence } = replay
  if (gate.stream) {
    gate.stream.end()
    await eventually('the end of the watch', () => gate.stream === undefined)
  }
  await untilWatchArrives(replay)
  if (!gate.watch) return false
  if (replay.essence === essence) await replay.receives('watchOpened', () => gate.openWatch())
  return true
}

export async function interruptWatch(replay: Replay): Promise<boolean> {
  const { gate, essence, server } = replay
  if (gate.stream) {
    await replay.receives('watchInterrupted', () => gate.stream!.breakConnection())
    return true
  }
  await untilWatchArrives(replay)
  if (!gate.watch) return false
  if (replay.essence !== essence) return true
  using _ = server.faults.add({ from: IDENTITY, verb: 'watch', status: 500, times: 1 })
  await replay.receives('watchInterrupted', () => gate.openWatch())
  return true
}

/** The election waits a little before it opens its watch again; other timers may be due meanwhile. */
async function untilWatchArrives(replay: Replay): Promise<void> {
  const { gate } = replay
  for (let timers = 0; timers < 20; timers += 1) {
    for (let turns = 0; turns < 20 && !gate.watch; turns += 1) await nextTurn()
    if (gate.watch) return
    await toNextTimer(replay)
  }
}
