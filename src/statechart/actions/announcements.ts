/** What is told to the outside: the log, metrics, listeners and pages hang on these events. */
import { emit, enqueueActions } from 'xstate'
import { errorOf, observed, outputOf, tokenOf } from '../context.ts'
import { tokenEvent } from '../emitted.ts'
import type { LeaseWrite } from '../types.ts'
import type { withEndings } from './endings.ts'

export function withAnnouncements(words: ReturnType<typeof withEndings>) {
  return words.extend({
    actions: {
      announceHolder: enqueueActions(({ context, enqueue }) => {
        const record = observed(context)
        if (record?.holder === context.leader) return
        enqueue.assign({ leader: record?.holder })
        enqueue.emit({ type: 'newLeader', holder: record?.holder, leaseDuration: record?.leaseDuration })
      }),
      announceLeading: emit(({ context }) =>
        tokenEvent({ type: 'leading', fencingToken: tokenOf(context), transitions: context.tenure!.transitions }),
      ),
      announceRenewal: emit(({ context, event }) => {
        const { sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        const took = receivedAt.monotonic - sentAt.monotonic
        return tokenEvent({ type: 'renewed', fencingToken: tokenOf(context), took })
      }),
      announceDoubt: emit({ type: 'doubted' }),
      announceDraining: emit({ type: 'draining' }),
      report: emit(({ context }) => tokenEvent({ type: 'reporting', fencingToken: tokenOf(context) })),
      announceLoss: emit(({ context }) =>
        tokenEvent({ type: 'lost', reason: context.loss!, fencingToken: tokenOf(context) }),
      ),
      announceRelease: emit((_, params: { confirmed: boolean }) => ({ type: 'released' as const, ...params })),
      announceFailure: emit(({ context }) => ({ type: 'failed' as const, error: context.error! })),
      announceOwnerRefused: emit(({ event }) => ({ type: 'ownerRefused' as const, error: errorOf(event) })),
      announceWatchInterruption: emit(({ event }) => ({
        type: 'watchInterrupted' as const,
        /* v8 ignore next -- what it is called for; the types don't know */
        error: event.type === 'watchInterrupted' ? event.error : undefined,
      })),
    },
  })
}
