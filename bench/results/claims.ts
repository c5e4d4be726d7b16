/** What the documents say about this library and client-go: ratios of medians that were measured in one run. */
import type { PeerResults } from '../peers/results.ts'

export interface Claim {
  /** In the words of a table's head. */
  readonly what: string
  /** The measurement's name, or how it begins. */
  readonly measurement: string
  /** Ours to client-go's: at most so much. Undefined: ours is to be zero. */
  readonly goal: number | undefined
  /** One of the README's few. */
  readonly isProminent?: true
}

export const CLAIMS: readonly Claim[] = [
  {
    what: 'no leader, after a stop',
    measurement: 'the leader stops: until the next one leads',
    goal: 1 / 20,
    isProminent: true,
  },
  {
    what: 'beyond the expiry, after a kill',
    measurement: 'the leader is killed: beyond the expiry, until the next one leads',
    goal: 1 / 20,
    isProminent: true,
  },
  {
    what: '200 candidates: writes at a hand-over',
    measurement: 'of 200 candidates the leader stops: writes',
    goal: 1,
  },
  {
    what: '200 candidates: until the next one leads',
    measurement: 'of 200 candidates the leader stops: until another leads',
    goal: 1,
  },
  {
    what: '1,000 elections: terms lost',
    measurement: '1,000 elections in a process, 0 ms a request: terms lost in',
    goal: undefined,
  },
  {
    what: '1,000 elections, 10 ms a request: terms lost',
    measurement: '1,000 elections in a process, 10 ms a request: terms lost in',
    goal: undefined,
  },
  {
    what: "a follower's requests",
    measurement: "a leader and a follower: follower's requests an hour",
    goal: 1 / 50,
    isProminent: true,
  },
  {
    what: 'processor time of a renewal',
    measurement: "a leader and a follower: leader's processor time for 1,000 renewals",
    goal: 2.5,
    isProminent: true,
  },
  { what: 'memory', measurement: "a leader and a follower: leader's memory", goal: 3, isProminent: true },
  { what: 'start to first request', measurement: 'a start: first request', goal: 10, isProminent: true },
]

export interface JudgedClaim extends Claim {
  /** Null: did not come about. */
  readonly ours: number | null
  readonly theirs: number | null
  readonly unit: string
  readonly isMet: boolean
}

/** @throws Error where it was not measured. */
export function judgeClaim(
  results: PeerResults,
  claim: Claim,
  [us, reference]: readonly [string, string],
): JudgedClaim {
  const of = (peer: string) => {
    const found = results.measurements.find(
      ({ name, version }) => version === peer && name.startsWith(claim.measurement),
    )
    if (!found) throw new Error(`${JSON.stringify(claim.measurement)} of ${peer} was not measured.`)
    return found
  }
  const [ours, theirs] = [of(us), of(reference)]
  const isMet =
    ours.value !== null &&
    (claim.goal === undefined ? ours.value === 0 : theirs.value === null || ours.value <= claim.goal * theirs.value)
  return { ...claim, ours: ours.value, theirs: theirs.value, unit: ours.unit, isMet }
}

/** As one says it: `1/25`, `2.1 ×`; two figures where there is no ratio. */
export function ratioText({ ours, theirs }: Pick<JudgedClaim, 'ours' | 'theirs'>): string {
  if (ours === null || theirs === null || ours === 0 || theirs === 0)
    return `${figureText(ours)} to ${figureText(theirs)}`
  const ratio = ours / theirs
  return ratio < 0.95 ? `1/${figureText(1 / ratio, 2)}` : `${figureText(ratio, 2)} ×`
}

/** With so many digits that count, and commas in what is great. */
export function figureText(value: number | null, digits = 3): string {
  if (value === null) return 'never'
  return new Intl.NumberFormat('en', { maximumSignificantDigits: digits }).format(value)
}
