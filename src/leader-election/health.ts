/** Whether this process should be restarted, or get traffic: what probes ask. */
import type { ElectionStatus } from './status.ts'

/** What probes are told. */
export interface Health {
  /**
   * False where this process believes to lead, or its work goes on, though its term is over for longer than the margin: a
   * restart ends that. For a liveness probe.
   */
  readonly live: boolean
  /**
   * False where the election has ended with an error. Not tied to leading, nor to the API server: a roll-out would wait for
   * followers to lead, and an outage would take the application with it. For a readiness probe.
   */
  readonly ready: boolean
  /** Why one of them is false. */
  readonly reason: string | undefined
  /** What it was judged by. */
  readonly status: ElectionStatus
}

/** @param margin milliseconds. */
export function healthOf(status: ElectionStatus, hasFailed: boolean, margin: number): Health {
  const live = status.overdue <= margin
  const seconds = (status.overdue / 1000).toFixed(1)
  const what = status.isAtWork ? 'its work has not stopped' : 'it has not noticed'
  const overdue = `the term of ${status.identity} for the Lease ${status.leaseName} is over for ${seconds} s, and ${what}`
  const reason = live ? (hasFailed ? 'the election has ended with an error' : undefined) : overdue
  return { live, ready: !hasFailed, reason, status }
}
