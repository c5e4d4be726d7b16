/** When terms are renewed. */
import { nextRenewal } from '../../../src/lease/renewal-schedule.ts'
import { FULLEST, outage, renewalsOf } from '../../support/renewals.ts'

/** Elections that begin together, and all fail together for an interval, keep apart. */
export async function manyTerms(): Promise<string | undefined> {
  const { first, after, longestGap, allowedGap } = await renewalsOf(200, outage)
  for (const [when, { fullest }] of Object.entries({ 'in the first interval': first, 'after an outage': after })) {
    if (fullest > FULLEST) return `${fullest} of 200 elections of a process renew within one second ${when}`
  }
  const beyond = Math.round(longestGap - allowedGap)
  return beyond > 0 ? `a term is renewed ${beyond} ms later than an interval after an outage allows` : undefined
}

export async function earlyTimer(): Promise<string | undefined> {
  const [due, interval] = [10_000, 2_000]
  const next = nextRenewal(due, due - 0.4, interval)
  return next > due ? undefined : 'a renewal whose timer fired 0.4 ms early is followed by another one at once'
}
