/** What the metrics ask of an election. */
import type { ElectionEmitted } from '../statechart/types.ts'

/** What is observed: a `LeaderElection`, or whatever has as much of it. */
export interface ObservedElection {
  /** Calls the listener for each event of the type; what is returned ends that. */
  on<Type extends ElectionEmitted['type']>(
    type: Type,
    listener: (event: Extract<ElectionEmitted, { type: Type }>) => void,
  ): () => void
  /** By all clocks at the moment of the call. */
  isLeading(): boolean
  /** As of this moment; durations are milliseconds. */
  status(): {
    /** Name of the Lease. */
    readonly leaseName: string
    /** Undefined for the kubeconfig's. */
    readonly namespace: string | undefined
    /** The name under which it stands. */
    readonly identity: string
    /** As `isLeading()`. */
    readonly isLeading: boolean
    /** Who can be said to lead. */
    readonly leader: string | undefined
    /** For how long that holds, if nothing more is heard. */
    readonly validFor: number
    /** How long a leader believes in its last renewal. */
    readonly renewDeadline: number
    /** Between the sendings of two renewals. */
    readonly interval: number
  }
}

/** The class of the error: `TransientApiError`, `ForbiddenError`. */
export function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
