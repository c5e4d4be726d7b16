/**
 * How long a command has from SIGTERM, at the renew deadline, to SIGKILL: it must be dead before another candidate can lead.
 */
import type { Settings } from '../../options/types.ts'
import { NAME } from '../arguments/help.ts'
import { UsageError } from '../arguments/usage-error.ts'
import type { Given } from '../arguments.ts'

/** For clocks whose rates differ, and for the kill itself on a busy machine. */
const MARGIN_SHARE = 0.05
const LEAST_MARGIN = 250

/** @throws UsageError where it does not fit between the renew deadline and the lease duration. */
export function lossGraceOf(
  asked: number | undefined,
  given: Given | undefined,
  { leaseDuration, renewDeadline }: Settings,
): number {
  const between = leaseDuration - renewDeadline
  const margin = Math.max(LEAST_MARGIN, MARGIN_SHARE * leaseDuration)
  const grace = asked ?? between / 2
  if (grace + margin <= between) return grace
  const longest = Math.floor(between - margin)
  const mend = [
    ...(asked !== undefined && longest >= 0 ? [`give at most ${longest}ms`] : []),
    'lower --renew-deadline',
    'raise --lease-duration',
  ]
  throw new UsageError(
    `${given ? `${given.name} is ${JSON.stringify(given.text)}` : `--loss-grace would be ${grace} ms`}; expected a ` +
      `duration that ends, with a margin of ${margin} ms, between the renew deadline (${renewDeadline} ms) and the end of ` +
      `the lease (${leaseDuration} ms), when another candidate may lead: ${mend.join(', or ')}. See ${NAME} run --help`,
  )
}
