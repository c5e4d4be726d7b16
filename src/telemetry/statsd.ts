/** Counts who leads: summed over all replicas, `leader_running` is one for every interval. */
import type { ElectionEmitted } from '../statechart/types.ts'

/** What is used of a hot-shots client. */
export interface Statsd {
  /** Counts one, with these tags. */
  increment(stat: string, tags?: string[]): void
}

/**
 * Counts `leader_running` for each report, once an interval, and only while the clocks still allow it: a process that
 * was paused past its term may have a report waiting that is no longer true.
 */
export function countReport(
  statsd: Statsd,
  event: ElectionEmitted,
  election: { leaseName: string; isLeading(): boolean },
): void {
  if (event.type === 'reporting' && election.isLeading())
    statsd.increment('leader_running', [`lease:${election.leaseName}`])
}
