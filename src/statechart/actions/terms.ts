/** Claims and renewals: that one is sent, and what it has brought. */
import { assign, enqueueActions, raise } from 'xstate'
import { sending } from '../../lease/own-writes.ts'
import { firstRenewal, nextRenewal } from '../../lease/renewal-schedule.ts'
import { observed, outputOf, written } from '../context.ts'
import type { LeaseWrite } from '../types.ts'
import type { withObservations } from './observations.ts'

/** @param random from 0 to 1, as of `Math.random`. */
export function withTerms(words: ReturnType<typeof withObservations>, random: () => number) {
  return words.extend({
    actions: {
      expectClaim: assign({ claimPending: true, news: undefined }),
      noteSending: assign({ ownWrites: ({ context }) => sending(context.ownWrites, observed(context)) }),
      settleClaim: assign({ claimPending: false }),
      beginTerm: assign(({ context, event }) => {
        const write = outputOf<LeaseWrite>(event)
        const { record, sentAt } = write
        const { interval, renewDeadline } = context.settings
        return {
          ...written(context, write),
          tenure: {
            fencingToken: record.resourceVersion,
            transitions: record.transitions,
            sentAt,
            renewDeadline,
            renewalDueAt: firstRenewal(sentAt.monotonic, interval, random()),
          },
          isEstablished: true,
          claimPending: false,
          loss: undefined,
          failures: 0,
          lastError: undefined,
        }
      }),
      extendTerm: assign(({ context, event }) => {
        const write = outputOf<LeaseWrite>(event)
        const { sentAt } = write
        const tenure = context.tenure!
        const renewalDueAt = nextRenewal(tenure.renewalDueAt, sentAt.monotonic, context.settings.interval)
        return {
          ...written(context, write),
          tenure: { ...tenure, sentAt, renewalDueAt },
          failures: 0,
          lastError: undefined,
        }
      }),
      confirmRenewal: raise({ type: 'renewalConfirmed' }),
      verifyLease: raise({ type: 'verifyLease' }),
      verifyIfNews: enqueueActions(({ context, enqueue }) => {
        if (context.news) enqueue.raise({ type: 'verifyLease' })
      }),
      renewNow: raise({ type: 'renewNow' }),
    },
  })
}
