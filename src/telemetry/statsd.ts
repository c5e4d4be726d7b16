/**
 * Counts and measures by statsd. Summed over all replicas, `leader_running` is one for every interval, and
 * `leader_election.leading` never more than one where all of them live: a gauge keeps what a killed one said last.
 */
import type { ElectionEmitted } from '../statechart/types.ts'
import { kindOf } from './observed.ts'

/** What is used of a hot-shots client: of one that has no gauges or timings, what it has. */
export interface Statsd {
  /** Counts one, with these tags. */
  increment(stat: string, tags?: string[]): void
  /** Sets a value, with these tags. */
  gauge?(stat: string, value: number, tags?: string[]): void
  /** Milliseconds. */
  timing?(stat: string, value: number, tags?: string[]): void
}

/** After these it is told anew whether this process leads. */
const CHANGES: ReadonlySet<ElectionEmitted['type']> = new Set([
  'leading',
  'reporting',
  'newLeader',
  'lost',
  'released',
  'failed',
])

interface Counted {
  readonly leaseName: string
  /** Undefined for the kubeconfig's. */
  readonly namespace?: string | undefined
  isLeading(): boolean
}

/**
 * Tells the event. `leader_running` is counted for each report, once an interval, and only while the clocks still allow
 * it: a process that was paused past its term may have a report waiting that is no longer true.
 */
export function countEvent(statsd: Statsd, event: ElectionEmitted, election: Counted): void {
  const { leaseName, namespace } = election
  const tags = [`lease:${leaseName}`, ...(namespace === undefined ? [] : [`namespace:${namespace}`])]
  if (event.type === 'reporting' && election.isLeading()) statsd.increment('leader_running', tags)
  if (event.type === 'leading') statsd.increment('leader_election.transitions', tags)
  if (event.type === 'renewed') statsd.timing?.('leader_election.renewal', event.took, tags)
  if (event.type === 'lost') statsd.increment('leader_election.losses', [...tags, `reason:${event.reason.kind}`])
  if (event.type === 'retrying') {
    statsd.increment('leader_election.failures', [
      ...tags,
      `operation:${event.operation}`,
      `kind:${kindOf(event.error)}`,
    ])
  }
  if (CHANGES.has(event.type)) statsd.gauge?.('leader_election.leading', election.isLeading() ? 1 : 0, tags)
}
