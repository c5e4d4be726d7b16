/** Claims and renewals: that one is sent, and what it has brought. */
import { assign, enqueueActions, raise } from 'xstate'
import { sending } from '../../lease/own-writes.ts'
import { observed, outputOf, written } from '../context.ts'
import type { LeaseWrite } from '../types.ts'
import type { withObservations } from './observations.ts'

export function withTerms(words: ReturnType<typeof withObservations>) {
  return words.extend({
    actions: {
      expectClaim: assign({ claimPending: true, news: undefined }),
      noteSending: assign({ ownWrites: ({ context }) => sending(context.ownWrites, observed(context)) }),
      settleClaim: assign({ claimPending: false }),
      beginTerm: assign(({ context, event }) => {
        const write = outputOf<LeaseWrite>(event)
        const { record, sentAt } = write
        return {
          ...written(context, write),
          tenure: {
            fencingToken: record.resourceVersion,
            transitions: record.transitions,
            sentAt,
            renewDeadline: context.settings.renewDeadline,
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
        return {
          ...written(context, write),
          tenure: { ...context.tenure!, sentAt },
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
