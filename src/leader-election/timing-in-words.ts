/** What the timing of an election means, in a sentence: for the log. */
import { takeoverBound } from '../lease/liveness.ts'
import { toleratedClockRateError } from '../options/timing.ts'
import type { Settings } from '../options/types.ts'

export function describeTiming(settings: Settings, retryBackoffs: readonly number[]): string {
  const { leaseName, leaseDuration, renewDeadline, interval, requestTimeout } = settings
  const clockError = toleratedClockRateError(leaseDuration, renewDeadline) * 100
  return (
    `${leaseName}: lease ${leaseDuration} ms, deadline ${renewDeadline} ms, renewal every ${interval} ms, ` +
    `answers awaited for at least ${requestTimeout} ms; safe while clock rates err by less than ${clockError.toFixed(1)} %; ` +
    `without a leader for at most ${takeoverBound(settings, retryBackoffs, leaseDuration)} ms once requests are answered`
  )
}
