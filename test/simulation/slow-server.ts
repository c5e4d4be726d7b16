/** A history without faults in which every request takes long, from beginning to end, for candidates with the timing of client-go. */
import { type HistoryResult, runPlan } from './history.ts'
import type { CandidatePlan } from './plan.ts'

/** Milliseconds: a renewal that is sent after 2 of 10 s leaves 8 s, in half of which it is answered. */
export const SLOW = 3_500

/** Somebody leads from beginning to end: one term. */
export function atSlowServer(serviceTime = SLOW): Promise<HistoryResult> {
  const candidates = ['p0', 'p1', 'p2'].map(candidate)
  return runPlan({
    seed: 1,
    term: 'renewable',
    candidates,
    hasPeer: false,
    maxClockSkew: undefined,
    enforcesOwners: false,
    serviceTime,
    restores: false,
    copying: undefined,
    faults: [],
    calmFrom: 600_000,
  })
}

function candidate(name: string, index: number): CandidatePlan {
  return {
    name,
    startsAt: index * 1_000,
    leaseDuration: 15_000,
    renewDeadline: 10_000,
    interval: 2_000,
    requestTimeout: 2_666,
    drainTimeout: 15_000,
    otherElections: 0,
    claimJitter: 30,
    startTimeout: 30_000,
    mayDelete: true,
    deletesOnRelease: false,
    workStopsIn: 100,
    hasOwner: true,
    rate: 1,
    wallOffset: 0,
    canBeSuspended: false,
    hasBootClock: true,
  }
}
