/** A failing history in words. */
import type { HistoryResult } from './history.ts'

export function explain({ plan, violations, trace }: HistoryResult): string {
  const candidates = plan.candidates.map(
    ({ name, leaseDuration, renewDeadline, interval, requestTimeout, rate, hasOwner }) =>
      `  ${name}: lease ${leaseDuration} ms, deadline ${renewDeadline} ms, renewal every ${interval} ms, ` +
      `requests at most ${requestTimeout} ms, clocks at ${rate.toFixed(3)}${hasOwner ? ', its pod owns the Lease' : ''}`,
  )
  const peer = plan.hasPeer ? ', and a candidate of client-go' : ''
  return [
    `seed ${plan.seed}: ${violations[0]}`,
    `The history made smaller, ${plan.faults.length} faults; a term is ${plan.term}${peer}:`,
    ...candidates,
    ...trace,
  ].join('\n')
}
