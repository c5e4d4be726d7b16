/** What may happen in an exploration, and the parameters of the election: small, and multiples of one unit of time. */
import type { ElectionInput, Term } from '../../src/options/types.ts'

export type Name = 'a' | 'b'

export interface Scenario {
  readonly name: string
  readonly term: Term
  /** How often each candidate may begin: once, and again after each crash or end. */
  readonly starts: Readonly<Record<Name, number>>
  /**
   * Which pod owns the Lease: none; `one`, of which the candidate's restarts are containers; or each start is a pod of
   * its own, which is gone when the process is, and the garbage collector takes the Lease along.
   */
  readonly pods: 'none' | 'one' | 'each'
  /** No candidate stands still: what is due for it happens before time passes. Messages still take as long as they like. */
  readonly punctual: boolean
  /** Connections may break, so that a request fails before its timeout. */
  readonly breaks: boolean
  /** The watch stands, and may or may not tell of the present Lease. */
  readonly watch: boolean
  /** What each candidate may be asked, one after the other. */
  readonly asks: Readonly<Record<Name, readonly ('stop' | 'stepDown')[]>>
  /** There is work under each term, which ends some time after it was asked to. */
  readonly work: boolean
}

/** Milliseconds: each request, back-off, poll and step of time is one unit. */
export const UNIT = 1_000
export const RETRY_BACKOFFS = [UNIT]

export function inputOf(scenario: Scenario, name: Name, start: number): ElectionInput {
  return {
    leaseName: 'lease',
    namespace: 'default',
    identity: name,
    incarnation: `${name}${start}`,
    term: scenario.term,
    ...(scenario.pods !== 'none' && {
      owner: { apiVersion: 'v1', kind: 'Pod', name, uid: podOf(scenario, name, start) },
    }),
    interval: 3 * UNIT,
    renewDeadline: 4 * UNIT,
    leaseDuration: 5 * UNIT,
    requestTimeout: UNIT,
    drainTimeout: 2 * UNIT,
    claimJitter: 0,
  }
}

/** The uid of the pod in which this start runs. */
export function podOf({ pods }: Scenario, name: Name, start: number): string {
  return pods === 'each' ? `pod-${name}${start}` : `pod-${name}`
}

const FAULTS: Scenario = {
  name: 'faults',
  term: 'renewable',
  starts: { a: 1, b: 1 },
  pods: 'none',
  punctual: false,
  breaks: false,
  watch: false,
  asks: { a: [], b: [] },
  work: false,
}

export const SCENARIOS = {
  /** Requests and answers lost and late, and candidates that stand still. */
  faults: FAULTS,
  /** And they crash, and start again as containers of the same pods. */
  crashes: { ...FAULTS, name: 'crashes', starts: { a: 2, b: 2 }, pods: 'one' },
  /** And they start again as other pods of the same names. */
  strangers: { ...FAULTS, name: 'strangers', starts: { a: 2, b: 2 } },
  /** And they watch, and connections break. */
  watch: { ...FAULTS, name: 'watch', watch: true, breaks: true },
  /** And they are asked to stop, while they work, and start again. */
  stops: { ...FAULTS, name: 'stops', starts: { a: 2, b: 2 }, asks: { a: ['stop'], b: ['stop'] }, work: true },
  /** They are asked to step down, and stand again. */
  stepsDown: { ...FAULTS, name: 'stepsDown', asks: { a: ['stepDown'], b: ['stepDown'] }, punctual: true },
  /** Leaders for life: they crash, delete the Lease when they stop, end with a loss, and start again. */
  life: {
    ...FAULTS,
    name: 'life',
    term: 'life',
    starts: { a: 2, b: 2 },
    pods: 'one',
    asks: { a: ['stop'], b: ['stop'] },
  },
  /** Leaders for life whose pods go, and the garbage collector takes the Lease along, early or late. */
  pods: { ...FAULTS, name: 'pods', term: 'life', starts: { a: 2, b: 2 }, pods: 'each' },
} as const satisfies Record<string, Scenario>
