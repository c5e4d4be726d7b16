/** What was seen of the Lease, and of the watch. */
import { assign } from 'xstate'
import { answered, foundOut, outputOf, written } from '../context.ts'
import type { withCandidateGuards } from '../guards.ts'
import type { LeaseReading, LeaseWrite, WatchEvent } from '../types.ts'

export function withObservations(words: ReturnType<typeof withCandidateGuards>) {
  return words.extend({
    actions: {
      observeReading: assign(({ context, event }) => {
        const { record, ...times } = outputOf<LeaseReading>(event)
        return {
          ...answered(context, times),
          ...foundOut(context, record, times.receivedAt),
          watching: context.streamStands,
          claimPending: false,
        }
      }),
      observeChange: assign(({ context, event }) => {
        /* v8 ignore next -- what it is called for; the types don't know */
        if (event.type !== 'leaseChanged' && event.type !== 'leaseDeleted') return {}
        const record = event.type === 'leaseChanged' ? event.record : undefined
        return foundOut(context, record, event.at)
      }),
      observeClaim: assign(({ context, event }) => written(context, outputOf<LeaseWrite>(event))),
      expireLease: assign({ now: ({ context }) => Math.max(context.now, context.observation.claimableAt) }),
      awaitNews: assign({ news: undefined }),
      noteNews: assign({ news: ({ event }) => event as WatchEvent }),
      noteStream: assign({ streamStands: true }),
      noteNoStream: assign(({ context, event }) => ({
        streamStands: false,
        watching: false,
        now: event.type === 'watchInterrupted' ? event.at.monotonic : context.now,
      })),
    },
  })
}
