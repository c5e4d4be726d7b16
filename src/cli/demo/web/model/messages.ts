/** What a candidate's process and the demo's process tell each other. */
import type { Inspected } from '../../../../viewer/model/inspected.ts'

/** What a candidate says of itself. */
export interface Status {
  /** Milliseconds since 1970, when it said so. */
  readonly at: number
  /** By its own clocks at that moment. */
  readonly isLeading: boolean
  /** Who leads, as far as it can say. */
  readonly leader: string | undefined
  /** Of the present term, as text; undefined where it does not lead. */
  readonly fencingToken: string | undefined
  /** For how many milliseconds what it says of the leader holds. */
  readonly validFor: number
}

/** From the candidate. */
export type Told =
  | { readonly kind: 'inspected'; readonly inspected: Inspected }
  | { readonly kind: 'status'; readonly status: Status }

/** To the candidate: sets its wall clock forward or, if negative, back, by so many milliseconds. */
export interface Order {
  readonly kind: 'stepClock'
  readonly by: number
}
