/** When terms are renewed. */
import { nextRenewal } from '../../../src/lease/renewal-schedule.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
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

/** Milliseconds, with a deadline 10 s after the interval. */
const [OUTAGE, LEADERS] = [8_000, 20]

/** Nobody answers from just before a renewal is due until two seconds before the term's end. */
export async function outageWithinDeadline(): Promise<string | undefined> {
  return await lostDuring((cluster) => cluster.goDown())
}

/** As long, with a server that asks for more than the deadline leaves. */
export async function leaderAskedToWait(): Promise<string | undefined> {
  return await lostDuring((cluster) => {
    cluster.refusal = { status: 429, retryAfter: 20_000 }
  }, OUTAGE / 4)
}

async function lostDuring(begin: (cluster: MemoryCluster) => void, lasts = OUTAGE): Promise<string | undefined> {
  let lost = 0
  for (let seed = 1; seed <= LEADERS; seed += 1) {
    const cluster = new MemoryCluster(seed)
    const leader = cluster.candidate('a', { preset: 'default' })
    await cluster.until(() => leader.isLeading())
    const { renewalDueAt } = leader.actor.getSnapshot().context.tenure!
    await cluster.elapse(renewalDueAt - leader.clock.now().monotonic - 1)
    begin(cluster)
    await cluster.elapse(lasts)
    cluster.comeBack()
    cluster.refusal = undefined
    await cluster.elapse(60_000)
    if (leader.events.some(({ type }) => type === 'lost')) lost += 1
  }
  return lost > 0 ? `${lost} of ${LEADERS} terms are lost by an outage of ${lasts} ms, within the deadline` : undefined
}
