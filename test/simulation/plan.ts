/** What a history consists of, as data: drawn from a seed, and made smaller when a failure is to be explained. */

import { toleratedClockRateError } from '../../src/options/timing.ts'
import type { Term } from '../../src/options/types.ts'
import { Random } from '../support/random.ts'
import { drawFault, drawKind, type Fault } from './faults.ts'

export interface Plan {
  readonly seed: number
  readonly term: Term
  readonly candidates: readonly CandidatePlan[]
  /** A candidate of client-go stands for the same Lease. */
  readonly hasPeer: boolean
  /** All candidates trust the times in the record with this margin; their wall clocks agree within it. */
  readonly maxClockSkew: number | undefined
  /** Only who may delete the Lease may give it an owner (OwnerReferencesPermissionEnforcement). */
  readonly enforcesOwners: boolean
  /** Milliseconds that the server takes for every request, from beginning to end. */
  readonly serviceTime: number
  /** What has crashed begins with what it had persisted of its election. */
  readonly restores: boolean
  /** The machine of a candidate (or of the leader, if there is one) becomes two. True time in milliseconds. */
  readonly copying: { readonly at: number; readonly target: number; readonly strikesLeader: boolean } | undefined
  readonly faults: readonly Fault[]
  /** True time in milliseconds at which the last fault has ended. */
  readonly calmFrom: number
}

export interface CandidatePlan {
  readonly name: string
  readonly startsAt: number
  readonly leaseDuration: number
  readonly renewDeadline: number
  readonly interval: number
  readonly requestTimeout: number
  readonly drainTimeout: number
  /** Elections for other Leases in the same process, over the same connection. */
  readonly otherElections: number
  readonly claimJitter: number
  readonly startTimeout: number
  /** It has the right to delete the Lease. */
  readonly mayDelete: boolean
  readonly deletesOnRelease: boolean
  /** Milliseconds that its work needs to stop when it is told to. */
  readonly workStopsIn: number
  /** Its pod is known to it: the Lease gets an owner. */
  readonly hasOwner: boolean
  /** How much faster than true time its clocks run. */
  readonly rate: number
  /** By how much its wall clock differs from the true one. */
  readonly wallOffset: number
  /**
   * Its machine can be suspended, also so that its wall clock alone tells; otherwise its wall clock can be set back. Within
   * one term not both, but where a boot-time clock tells of the suspend: see README.
   */
  readonly canBeSuspended: boolean
  readonly hasBootClock: boolean
}

export interface PlanOptions {
  /** How far the rates of clocks may be off. */
  readonly clockError?: number | undefined
}

/** Lease durations, in seconds, that stand together for a Lease. */
const DURATIONS = [[5], [5, 10], [10, 15], [15], [15, 30], [30, 60], [60]] as const
/** The share of the lease duration after which a leader stops to believe. Even the last tolerates 5 %. */
const DEADLINES = [0.5, 2 / 3, 0.8, 0.9]

export function drawPlan(seed: number, { clockError = 0.05 }: PlanOptions = {}): Plan {
  const random = Random.of(seed, 'plan')
  const machines = Random.of(seed, 'machines')
  const term = random.chance(0.4) ? 'life' : 'renewable'
  const maxClockSkew = random.chance(0.1) ? 1_000 : undefined
  const durations = random.pick(DURATIONS)
  const isCrowd = random.chance(0.005)
  const isBusy = !isCrowd && random.chance(0.05)
  // For life the right to delete is needed, whoever enforces what.
  const enforcesOwners = term === 'renewable' && random.chance(0.2)
  const hasOwners = term === 'life' || random.chance(0.5)
  const candidates = Array.from({ length: isCrowd ? 50 : random.integer(2, random.pick([2, 4, 7])) }, (_, index) => {
    const leaseDuration = random.pick(durations) * 1000
    const renewDeadline = Math.floor(leaseDuration * random.pick(DEADLINES))
    const interval = Math.ceil(renewDeadline * random.pick([0.25, 0.4, 0.5, 0.75]))
    const longestTimeout = Math.min(renewDeadline / 3, renewDeadline - interval)
    const mayDelete = term === 'life' || random.chance(0.5)
    const bound =
      clockError > 0.05 ? clockError : Math.min(clockError, toleratedClockRateError(leaseDuration, renewDeadline))
    return {
      name: `p${index}`,
      startsAt: random.between(0, random.pick([10, 10_000])),
      leaseDuration,
      renewDeadline,
      interval,
      requestTimeout: Math.floor(longestTimeout * random.pick([0.2, 0.5, 1])),
      otherElections: isBusy ? random.integer(10, 60) : 0,
      drainTimeout: leaseDuration * random.pick([0.2, 1]),
      claimJitter: isCrowd ? 30 : random.pick([0, 30]),
      startTimeout: random.pick([0, 2_000, 30_000]),
      mayDelete,
      deletesOnRelease: mayDelete && random.chance(0.2),
      workStopsIn: random.magnitude(1, leaseDuration * 1.2),
      hasOwner: hasOwners,
      rate: maxClockSkew ? 1 : 1 + bound * 0.999 * random.pick([-1, 0, 1, random.between(-1, 1)]),
      wallOffset: maxClockSkew ? random.between(-450, 450) : random.between(-1e9, 1e9),
      canBeSuspended: !maxClockSkew && random.chance(0.5),
      hasBootClock: !maxClockSkew && machines.chance(0.7),
    }
  })
  const calmFrom = Math.min(400_000, Math.max(80_000, 10_000 * Math.max(...durations)))
  // A few kinds at a time ("swarm testing"): all at once get in each other's way, and hide mistakes.
  const kinds = Array.from({ length: random.integer(2, 7) }, () => drawKind(random)).map((kind) =>
    // What happens to other Leases matters where there are some.
    isBusy && random.chance(0.3)
      ? 'requests for other Leases hang'
      : // Who trusts wall clocks does so where nobody sets them.
        kind === 'wall step' && maxClockSkew
        ? 'pause'
        : kind,
  )
  // Troubles rarely come alone, and it is together that they show mistakes.
  const storms = Array.from({ length: random.integer(1, 4) }, () => random.between(0, calmFrom))
  const faults = Array.from({ length: random.integer(3, 24) }, () =>
    drawFault(random, {
      kind: random.pick(kinds),
      around: random.pick(storms),
      calmFrom,
      candidates: candidates.length,
    }),
  ).sort((a, b) => a.at - b.at)
  // Drawn apart: the other histories stay what they were.
  const copies = Random.of(seed, 'copies')
  return {
    seed,
    restores: copies.chance(0.15),
    copying: copies.chance(0.1)
      ? {
          at: copies.between(0, calmFrom * 0.8),
          target: copies.integer(0, candidates.length - 1),
          strikesLeader: copies.chance(0.7),
        }
      : undefined,
    term,
    candidates,
    hasPeer: random.chance(0.1),
    maxClockSkew,
    enforcesOwners,
    serviceTime: 0,
    faults,
    calmFrom,
  }
}
