/** The candidates as columns of the output show them, and who leads since when. */
import type { Replica } from './replica.ts'
import type { Timeline } from './timeline.ts'

export type LaneState = 'leads' | 'follows' | 'starts' | 'paused' | 'gone'

export interface Lanes {
  readonly states: readonly LaneState[]
  /** In milliseconds since 1970, as below. */
  readonly leader: { readonly pod: string; readonly since: number } | undefined
  /** Since when nobody leads; undefined while somebody does, or nobody ever has. */
  readonly vacantSince: number | undefined
}

/** @param replicas the latest one of each lane. */
export function lanesOf(replicas: readonly Replica[], timeline: Timeline): Lanes {
  const [leader] = timeline.leaders
  return {
    states: replicas.map((replica) => stateOf(replica, timeline)),
    leader: leader && { pod: leader.pod, since: leader.from },
    vacantSince: timeline.vacantSince,
  }
}

function stateOf({ pod, isRunning, isPaused, isInformed }: Replica, timeline: Timeline): LaneState {
  if (!isRunning) return 'gone'
  if (isPaused) return 'paused'
  if (timeline.current(pod)) return 'leads'
  return isInformed ? 'follows' : 'starts'
}
