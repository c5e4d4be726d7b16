/** How often what happened to an election: for whoever reads numbers rather than events. */
import type { LossReason } from '../lease/tenure.ts'
import type { Operation } from '../statechart/types.ts'
import type { ObservedElection } from './observed.ts'

/** Times that are kept where nobody takes them out. */
const MOST_TIMES = 1_000

/** Since counting began. All are there from the start: a rate needs the zero before the first one. */
export interface Counts {
  /** Terms that this candidate led. */
  terms: number
  /** Renewals that succeeded. */
  renewals: number
  /** Milliseconds that each of them took, until they are taken out: of many the latest. */
  readonly renewalTimes: number[]
  /** Terms that ended otherwise than by release, by why. */
  readonly losses: Record<LossReason['kind'], number>
  /** Requests that failed and were tried again, by what they were to do. */
  readonly failures: Record<Operation, number>
}

export function countEvents(election: Pick<ObservedElection, 'on'>): Counts {
  const counts: Counts = {
    terms: 0,
    renewals: 0,
    renewalTimes: [],
    losses: {
      deadline: 0,
      takenOver: 0,
      leaseDeleted: 0,
      forbidden: 0,
      workDidNotStop: 0,
      askedToStepDown: 0,
      duplicateIdentity: 0,
    },
    failures: { read: 0, claim: 0, renew: 0, verify: 0, release: 0 },
  }
  election.on('leading', () => {
    counts.terms += 1
  })
  election.on('renewed', ({ took }) => {
    counts.renewals += 1
    counts.renewalTimes.push(took)
    if (counts.renewalTimes.length > MOST_TIMES) counts.renewalTimes.shift()
  })
  election.on('lost', ({ reason }) => {
    counts.losses[reason.kind] += 1
  })
  election.on('retrying', ({ operation }) => {
    counts.failures[operation] += 1
  })
  return counts
}
