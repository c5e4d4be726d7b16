/** What an election can say of itself at a moment, by its clocks: for health checks, status pages and sidecars. */
import type { StateValue } from 'xstate'
import { type ElectionSnapshot, validityNow } from '../election-machine.ts'
import type { Instant } from '../lease/clock.ts'
import { elapsedSince } from '../lease/tenure.ts'
import type { Settings } from '../options/types.ts'

/** What an election is like at the moment of the call. All durations are milliseconds. */
export interface ElectionStatus {
  /** Name of the Lease. */
  readonly leaseName: string
  /** Undefined where the kubeconfig's is used. */
  readonly namespace: string | undefined
  /** The name under which this process stands. */
  readonly identity: string
  /** Between the sendings of two renewals. */
  readonly interval: number
  /** How long a leader believes in its last renewal. */
  readonly renewDeadline: number
  /** How long others wait for a silent leader. */
  readonly leaseDuration: number
  /** The states of the statechart that it is in, such as `observing.following`; none before it has begun. */
  readonly states: readonly string[]
  /** As `isLeading()`. */
  readonly isLeading: boolean
  /**
   * Who leads, as far as that can be said now: this candidate while `isLeading`, another one until its Lease, as it was
   * seen, has expired. Undefined where nobody does, or nobody can be said to.
   */
  readonly leader: string | undefined
  /** Of the present term; undefined where this candidate does not lead. JSON wants `String(…)` of it. */
  readonly fencingToken: bigint | undefined
  /** leaseTransitions of the Lease as it was seen last. */
  readonly transitions: number | undefined
  /** For how long what is said of the leader holds, if nothing more is heard. 0 where nobody can be said to lead. */
  readonly validFor: number
  /** Since the last answer that told what the Lease is like; undefined before the first. */
  readonly lastContact: number | undefined
  /** Failed requests in a row. */
  readonly failures: number
  /** Work of this candidate runs, or may: it is asked to stop when the term ends. */
  readonly isAtWork: boolean
  /** For how long the term of this candidate is over, though it has not stopped; 0 while all is well. */
  readonly overdue: number
}

export function statusOf(snapshot: ElectionSnapshot | undefined, settings: Settings, now: Instant): ElectionStatus {
  const { leaseName, namespace, identity, interval, renewDeadline, leaseDuration } = settings
  const given = { leaseName, namespace, identity, interval, renewDeadline, leaseDuration }
  if (!snapshot) return { ...given, ...NOTHING }
  const { context } = snapshot
  const record = context.observation.kind === 'present' ? context.observation.record : undefined
  const isLeading = validityNow(snapshot, now) === 'valid'
  const remains = context.tenure ? context.tenure.renewDeadline - elapsedSince(context.tenure.sentAt, now) : 0
  const ofLeader = isLeading ? remains : ofOther(snapshot, identity, now)
  const believes = snapshot.matches('leading') || (context.tenure !== undefined && context.atWork)
  return {
    ...given,
    states: snapshot.status === 'active' ? flat(snapshot.value) : [],
    isLeading,
    leader: ofLeader > 0 ? (isLeading ? identity : record?.holder) : undefined,
    fencingToken: isLeading ? BigInt(context.tenure!.fencingToken) : undefined,
    transitions: record?.transitions,
    validFor: ofLeader,
    lastContact: context.lookedAt === undefined ? undefined : now.monotonic - context.lookedAt,
    failures: context.failures,
    isAtWork: context.atWork,
    overdue: believes ? Math.max(0, -remains) : 0,
  }
}

const NOTHING = {
  states: [],
  isLeading: false,
  leader: undefined,
  fencingToken: undefined,
  transitions: undefined,
  validFor: 0,
  lastContact: undefined,
  failures: 0,
  isAtWork: false,
  overdue: 0,
} as const

/** Milliseconds until what another one holds has expired, as it was observed here. */
function ofOther({ status, context }: ElectionSnapshot, identity: string, now: Instant): number {
  const { observation } = context
  if (status !== 'active' || observation.kind !== 'present') return 0
  const { holder } = observation.record
  if (holder === undefined || holder === identity) return 0
  return Math.max(0, observation.claimableAt - now.monotonic)
}

/** `leading.renewal.holding`, for each state without substates. */
function flat(value: StateValue, path: readonly string[] = []): string[] {
  if (typeof value === 'string') return [[...path, value].join('.')]
  return Object.entries(value).flatMap(([name, below]) => flat(below!, [...path, name]))
}
