/** Claims and renewals: that one is sent, and what it has brought. */
import { assign, enqueueActions, raise } from 'xstate'
import { sending, succeeded } from '../../lease/own-writes.ts'
import { answered, observed, outputOf, seen } from '../context.ts'
import type { LeaseWrite } from '../types.ts'
import type { withObservations } from './observations.ts'

export function withTerms(words: ReturnType<typeof withObservations>) {
  return words.extend({
    actions: {
      expectClaim: assign({ claimPending: true, news: undefined }),
      noteSending: assign({ ownWrites: ({ context }) => sending(context.ownWrites, observed(context)) }),
      settleClaim: assign({ claimPending: false }),
      beginTerm: assign(({ context, event }) => {
        const { record, sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        return {
          ...answered(context, { sentAt, receivedAt }),
          ...seen(context, record, receivedAt),
          tenure: {
            fencingToken: record.resourceVersion,
            transitions: record.transitions,
            sentAt,
            renewDeadline: context.settings.renewDeadline,
          },
          isEstablished: true,
          claimPending: false,
          ownWrites: succeeded(record),
          loss: undefined,
          failures: 0,
          lastError: undefined,
        }
      }),
      extendTerm: assign(({ context, event }) => {
        const { record, sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        return {
          ...answered(context, { sentAt, receivedAt }),
          ...seen(context, record, receivedAt),
          tenure: { ...context.tenure!, sentAt },
          ownWrites: succeeded(record),
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
