/** The faults that a history is made of: each begins, lasts, and ends before the calm. */

import type { Random } from '../support/random.ts'
import type { Cluster } from './cluster.ts'
import { deploymentReplaced, leaseDeletedUnwatched, leaseOfLostLeaderDeleted, restartOfApiServer } from './incidents.ts'
import type { Condition, FaultyAnswer } from './network.ts'
import type { ProcessModel } from './process-model.ts'

export interface Fault {
  readonly kind: FaultKind
  /** True time in milliseconds. */
  readonly at: number
  readonly length: number
  /** Which candidate; where it strikes the leader and there is one, that one instead. */
  readonly target: number
  readonly strikesLeader: boolean
  /** How bad it is, from 0 to 1; each kind makes of it what it needs. */
  readonly strength: number
}

interface Kind {
  /** The longest that it lasts, in milliseconds. */
  readonly longest: number
  /** Begins it; returns what ends it, where it lasts. */
  readonly begin: (cluster: Cluster, fault: Fault) => (() => void) | undefined
}

const MINUTE = 60_000

const KINDS = {
  'slow network': network(2 * MINUTE, (strength) => ({ latency: magnitude(50, 30_000, strength) })),
  'lost requests': network(2 * MINUTE, (strength) => ({ requestLoss: 0.1 + 0.9 * strength })),
  'lost answers': network(2 * MINUTE, (strength) => ({ answerLoss: 0.1 + 0.9 * strength })),
  'slow server': {
    longest: 10 * MINUTE,
    begin: (cluster, { strength }) => cluster.addForAll({ serviceTime: magnitude(100, 5_000, strength) }),
  },
  // As many requests a second as some few candidates send, or fewer.
  'overloaded server': {
    longest: 2 * MINUTE,
    begin: ({ server }, { strength }) => server.limitTo(magnitude(0.5, 50, strength)),
  },
  'broken connection': momentary(0, ({ slots }, { target }) => slots[target]!.pod.network.breakConnection()),
  // Where the process has no other elections nothing happens.
  'requests for other Leases hang': network(2 * MINUTE, () => ({ othersHang: true })),
  'late commits': network(2 * MINUTE, (strength) => ({ lateCommit: 0.2 + 0.8 * strength })),
  partition: network(2 * MINUTE, () => ({ requestLoss: 1, answerLoss: 1, isSilent: true })),
  'partition of answers': network(2 * MINUTE, () => ({ answerLoss: 1, isSilent: true })),
  'partition of requests': network(2 * MINUTE, () => ({ requestLoss: 1 })),
  // Trouble of the network between: it comes and goes for each at another time.
  'partition of many': {
    longest: 2 * MINUTE,
    begin: (cluster, { length, strength }) =>
      all(cluster.pods.map((pod) => cluster.partitionFor(pod, length, strength))),
  },
  'silent watch': network(5 * MINUTE, () => ({ isSilent: true })),
  'lagging watch cache': network(5 * MINUTE, (strength) => ({ lag: magnitude(100, 20_000, strength) })),
  'watch expired (410)': network(2 * MINUTE, () => ({ watchEnds: 'error' })),
  'watch cut off': network(2 * MINUTE, () => ({ watchEnds: 'cut' })),
  // It ends soon, again and again: for one, or for everybody.
  'flapping watch': {
    longest: 10 * MINUTE,
    begin: (cluster, { target, strength }) => {
      const condition = { streamsLast: magnitude(100, 10_000, (strength * 2) % 1) }
      const { network } = cluster.slots[target]!.pod
      const end = strength < 0.5 ? network.add(condition) : cluster.addForAll(condition)
      if (strength < 0.5) network.cutStreams()
      else cluster.cutStreams()
      return end
    },
  },
  'answers 429': answers(2 * MINUTE, 429),
  'answers 500': answers(2 * MINUTE, 500),
  'answers 503': answers(2 * MINUTE, 503),
  'answers 504': answers(2 * MINUTE, 504),
  'answers 401': answers(MINUTE, 401),
  'answers 403': answers(MINUTE, 403),
  'outage of the API server': {
    longest: 5 * MINUTE,
    begin: (cluster) => all(cluster.pods.map((pod) => pod.network.add({ ...answer(503, 1), watchEnds: 'error' }))),
  },
  // Some seconds: until its caches of who may do what are filled.
  'restart of the API server': {
    longest: 15_000,
    begin: (cluster, { length, strength }) => restartOfApiServer(cluster, length, strength),
  },
  pause: {
    longest: 2 * MINUTE,
    begin: (cluster, { target }) => cluster.troubled(target, (process) => process.clock.pause()),
  },
  suspend: {
    longest: 2 * MINUTE,
    begin: (cluster, fault) => cluster.troubled(fault.target, (process) => suspend(process, fault)),
  },
  'wall step': momentary(0, (cluster, { target, strength }) => {
    cluster.troubled(target, ({ clock, plan }) => {
      const size = [3_600_000, 315_360_000_000][Math.floor(strength * 2)]!
      clock.stepWall(plan.canBeSuspended || (strength * 4) % 2 < 1 ? size : -size)
      return undefined
    })
  }),
  crash: momentary(MINUTE, (cluster, { target, length }) => cluster.crash(target, length)),
  'pod deleted': momentary(MINUTE, (cluster, { target, length, strength }) =>
    cluster.deletePod(target, { takes: length, keepsName: strength < 0.5 }),
  ),
  // Its process goes on for a while: its node did not hear of it.
  'pod deleted by force': momentary(MINUTE, (cluster, { target, length, strength }) =>
    cluster.deletePodByForce(target, { livesFor: length, keepsName: strength < 0.5 }),
  ),
  'graceful stop': momentary(0, (cluster, { target }) => cluster.stop(target)),
  'step down': momentary(0, (cluster, { target }) => cluster.stepDown(target)),
  'asked to step down': momentary(0, ({ server }) => server.askToStepDown()),
  'Lease deleted by hand': momentary(0, ({ server }) => server.deleteByHand()),
  'Lease of a lost leader deleted by hand': {
    longest: MINUTE,
    begin: (cluster, { length }) => leaseOfLostLeaderDeleted(cluster, length),
  },
  'Lease deleted by hand while nobody watches': {
    longest: MINUTE,
    begin: (cluster, { length }) => leaseDeletedUnwatched(cluster, length),
  },
  'Lease deleted while the deployment starts anew': momentary(MINUTE, (cluster, { length }) =>
    deploymentReplaced(cluster, length),
  ),
  'Lease edited by hand': momentary(0, ({ server }, { strength }) =>
    server.editByHand(
      [
        { holderIdentity: '' },
        { holderIdentity: 'somebody' },
        { leaseDurationSeconds: 1 },
        { leaseDurationSeconds: 20 },
        { renewTime: '2001-01-01T00:00:00.000000Z' },
        { renewTime: null, acquireTime: null },
      ][Math.floor(strength * 6)]!,
    ),
  ),
} satisfies Record<string, Kind>

/** As its machine allows for: see `CandidatePlan`. */
function suspend({ clock, plan }: ProcessModel, { length, strength }: Fault): () => void {
  if (plan.canBeSuspended) return strength < 0.3 ? clock.halt() : clock.suspend()
  if (!plan.hasBootClock) return clock.pause()
  const wake = clock.suspend()
  // Its wall clock is set back meanwhile, so that it tells of no time that went by, or of less than none.
  clock.stepWall(strength < 0.5 ? -length * clock.rate : -3_600_000)
  return wake
}

export type FaultKind = keyof typeof KINDS

/** Who is to blame: as each is picked as often as the others, rare kinds are not drowned by the many of the network. */
const FAULT_GROUPS: readonly (readonly FaultKind[])[] = [
  [
    'slow network',
    'lost requests',
    'lost answers',
    'late commits',
    'broken connection',
    'partition',
    'partition of answers',
    'partition of requests',
    'partition of many',
  ],
  ['silent watch', 'lagging watch cache', 'watch expired (410)', 'watch cut off', 'flapping watch'],
  ['slow server', 'overloaded server', 'restart of the API server'],
  [
    'answers 429',
    'answers 500',
    'answers 503',
    'answers 504',
    'answers 401',
    'answers 403',
    'outage of the API server',
  ],
  ['pause', 'suspend', 'wall step', 'crash'],
  ['pod deleted', 'pod deleted by force', 'graceful stop', 'step down', 'asked to step down'],
  [
    'Lease deleted by hand',
    'Lease of a lost leader deleted by hand',
    'Lease deleted by hand while nobody watches',
    'Lease deleted while the deployment starts anew',
    'Lease edited by hand',
  ],
]

export function drawKind(random: Random): FaultKind {
  return random.pick(random.pick(FAULT_GROUPS))
}

export function drawFault(
  random: Random,
  { kind, around, calmFrom, candidates }: { kind: FaultKind; around: number; calmFrom: number; candidates: number },
): Fault {
  const at = Math.min(calmFrom * 0.95, Math.max(0, around + random.pick([-1, 1]) * random.magnitude(10, 30_000)))
  const { longest } = KINDS[kind]
  const length = longest === 0 ? 0 : Math.min(random.magnitude(10, longest), calmFrom - at - 1)
  const target = random.integer(0, candidates - 1)
  return { kind, at, length, target, strikesLeader: random.chance(0.4), strength: random.next() }
}

export function beginFault(cluster: Cluster, fault: Fault): (() => void) | undefined {
  const leader = fault.strikesLeader ? cluster.leadingSlot : undefined
  return (KINDS[fault.kind] as Kind).begin(cluster, { ...fault, target: leader ?? fault.target })
}

export function describeFault({ kind, target, strikesLeader, length, strength }: Fault): string {
  const lasts = length > 0 ? ` for ${Math.round(length)} ms` : ''
  return `fault: ${kind}${lasts} (${strikesLeader ? 'the leader, or ' : ''}p${target}, strength ${strength.toFixed(2)})`
}

/** Happens and is over, or ends by itself after its length. */
function momentary(longest: number, happen: (cluster: Cluster, fault: Fault) => void): Kind {
  const begin = (cluster: Cluster, fault: Fault) => {
    happen(cluster, fault)
    return undefined
  }
  return { longest, begin }
}

function network(longest: number, condition: (strength: number) => Condition): Kind {
  return {
    longest,
    begin: (cluster, { target, strength }) => cluster.slots[target]!.pod.network.add(condition(strength)),
  }
}

function answers(longest: number, status: FaultyAnswer['status']): Kind {
  return network(longest, (strength) => answer(status, 0.1 + 0.9 * strength))
}

function answer(status: FaultyAnswer['status'], probability: number): Condition {
  // A wait that is far too long is asked for as well: a client must not take it literally.
  const retryAfter = status === 429 ? { retryAfter: magnitude(1_000, 3_600_000, probability) } : {}
  return { answer: { status, probability, ...retryAfter } }
}

function magnitude(low: number, high: number, strength: number): number {
  return low * (high / low) ** strength
}

function all(ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end()
  }
}
