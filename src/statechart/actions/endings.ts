/** Who asked to give the leadership up, whether work runs under it, and why it was lost. */
import { assign } from 'xstate'
import { isRefusal } from '../../errors.ts'
import { isTwin } from '../../lease/identity.ts'
import type { LossReason } from '../../lease/tenure.ts'
import { duplicateIdentity, errorOf, leadershipLost, observed } from '../context.ts'
import type { withFailures } from './failures.ts'

export function withEndings(words: ReturnType<typeof withFailures>) {
  return words.extend({
    actions: {
      requestStop: assign({ stopping: { kind: 'stop' } as const }),
      requestStepDown: assign({
        stopping: ({ context, event }) => {
          // Whoever asked to stop asked for more.
          if (context.stopping?.kind === 'stop') return context.stopping
          const isGiven = event.type === 'stepDown' && event.cooldown !== undefined
          return { kind: 'stepDown' as const, cooldown: isGiven ? event.cooldown : context.settings.interval }
        },
      }),
      clearStopping: assign({ stopping: undefined }),
      noteWorkStarted: assign({ atWork: true }),
      noteWorkEnded: assign({ atWork: false }),
      loseByDeadline: assign({
        loss: ({ context: { lastError: error } }): LossReason => {
          if (isRefusal(error)) return { kind: 'forbidden', error }
          return { kind: 'deadline', ...(error !== undefined && { error }) }
        },
      }),
      loseByRefusal: assign({ loss: ({ event }): LossReason => ({ kind: 'forbidden', error: errorOf(event) }) }),
      loseByDeletion: assign({ loss: { kind: 'leaseDeleted' } as LossReason }),
      loseByWork: assign({ loss: { kind: 'workDidNotStop' } as LossReason }),
      loseByRequest: assign({ loss: { kind: 'askedToStepDown' } as LossReason }),
      loseToHolder: assign({
        loss: ({ context }): LossReason => {
          const holder = observed(context)?.holder
          const record = observed(context)
          return record !== undefined && isTwin(record, context.settings)
            ? { kind: 'duplicateIdentity', error: duplicateIdentity(context) }
            : { kind: 'takenOver', by: holder }
        },
      }),
      failLost: assign({ error: ({ context }) => leadershipLost(context) }),
    },
  })
}
