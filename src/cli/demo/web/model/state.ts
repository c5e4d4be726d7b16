/** What the demo's page shows, as it is sent to it. Times are milliseconds since 1970. */
import type { Session } from '../../../../viewer/model/inspected.ts'
import type { Status } from './messages.ts'
import type { Term } from './terms.ts'

/** What is lost between a candidate and the API server. */
export type CutOff = 'none' | 'requests' | 'answers' | 'both'

/** A pod and its process, the latest of them. */
export interface Candidate {
  readonly pod: string
  /** As in the keys of its sessions; it changes with the process. */
  readonly process: string
  readonly isPaused: boolean
  readonly cutOff: CutOff
  /** Milliseconds by which its wall clock was set forward. */
  readonly clockOffset: number
  /** The last that it said of itself; undefined before it has said anything. */
  readonly status: Status | undefined
  /** How and when the process ended; undefined while it runs. */
  readonly ended: { readonly how: string; readonly at: number } | undefined
  readonly isPodDeleted: boolean
}

export interface RequestLine {
  readonly id: number
  readonly at: number
  readonly identity: string
  /** `patch leases/demo`. */
  readonly what: string
  /** What came of it; undefined while it is under way. */
  readonly status: number | undefined
  /** The fault that struck it, in words. */
  readonly fault: string | undefined
}

export interface DemoState {
  readonly now: number
  readonly startedAt: number
  readonly lease: string
  readonly isOutage: boolean
  readonly candidates: readonly Candidate[]
  readonly sessions: readonly Session[]
  readonly terms: readonly Term[]
  readonly requests: readonly RequestLine[]
}

/** What the page can ask for. */
export type Action =
  | { readonly action: 'stop' | 'kill' | 'pause' | 'resume' | 'restart' | 'deletePod'; readonly target: string }
  | { readonly action: 'cutOff'; readonly target: string; readonly lost: CutOff }
  | { readonly action: 'stepClock'; readonly target: string; readonly by: number }
  | { readonly action: 'outage'; readonly on: boolean }
  | { readonly action: 'add' }
