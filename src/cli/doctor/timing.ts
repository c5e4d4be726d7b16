/** What the durations mean, in words. */
import { takeoverBound } from '../../lease/liveness.ts'
import { DEFAULT_RETRY_BACKOFFS, toleratedClockRateError } from '../../options/timing.ts'
import type { Settings } from '../../options/types.ts'
import { exactly } from '../looking/ages.ts'
import { type Finding, failure, ok, warning } from './finding.ts'

/** Of the clocks' rates: a machine's oscillator errs by some 0.01 %, and NTP slews by 0.05 %; ten times as much is ample. */
const LEAST_TOLERANCE = 0.005

/** @param problem of the durations that were given. */
export function* checkTiming(settings: Settings, problem: Error | undefined): Generator<Finding> {
  if (problem) {
    yield failure(
      'timing',
      problem.message,
      'Let interval + request timeout < renew deadline < lease duration: 30s, 40s, 60s are the defaults; --preset client-go is 2s, 10s, 15s.',
    )
    return
  }
  const { interval, leaseDuration, renewDeadline } = settings
  const tolerated = toleratedClockRateError(leaseDuration, renewDeadline)
  const percent = `${(100 * tolerated).toPrecision(2)} %`
  const safe = `one leader at a time as long as no clock runs more than ${percent} too fast or too slow`
  if (tolerated >= LEAST_TOLERANCE) yield ok('timing', safe)
  else {
    const mend = 'Leave more between --renew-deadline and --lease-duration: two thirds of it is the default.'
    yield warning('timing', `${safe}, which clocks of virtual machines under load may do`, mend)
  }
  yield ok(
    'fail-over',
    `after a leader that stops in order: at once, by the watch. After one that crashes: ${exactly(leaseDuration)} from its ` +
      `last renewal, so ${exactly(leaseDuration - interval)} to ${exactly(leaseDuration)} from the crash. Whatever happened before, ` +
      `once requests are answered, the longest time without a leader is ` +
      `${exactly(takeoverBound(settings, DEFAULT_RETRY_BACKOFFS, leaseDuration))}`,
  )
}
