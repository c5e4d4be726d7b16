/** What the statechart asks before a transition: each looks at the context and the event, and changes nothing. */
import { not, stateIn } from 'xstate'
import { ConflictError } from '../errors.ts'
import { isOwnWrite } from '../lease/identity.ts'
import { type Assessment, assess, isNews, observe } from '../lease/observation.ts'
import { isByCopy } from '../lease/own-writes.ts'
import { isAskedToStepDown, isLater } from '../lease/record.ts'
import { validityOf } from '../lease/tenure.ts'
import { assessed, canDoWithoutOwner, errorOf, isFinal, observed, outputOf, pollWithoutWatch } from './context.ts'
import type { withDelays } from './delays.ts'
import type { ElectionContext, LeaseReading, LeaseWrite } from './types.ts'

/** What the Lease is like, as far as it is known, and what has just been heard of it. */
export function withLeaseGuards(words: ReturnType<typeof withDelays>) {
  return words.extend({
    guards: {
      leaseIs: ({ context }, params: { assessment: Assessment }) => assessed(context) === params.assessment,
      leaseIsAbsent: ({ context }) => context.observation.kind === 'absent',
      changeIsLater: ({ context, event }) =>
        event.type === 'leaseChanged' && isNews(event.record, context.observation) === true,
      changeIsOlder: ({ context, event }) =>
        event.type === 'leaseChanged' && isNews(event.record, context.observation) === false,
      changeIsByCopy: ({ context: { ownWrites, settings }, event }) =>
        event.type === 'leaseChanged' && isByCopy(event.record, ownWrites, settings),
      changeIsOwn: ({ context, event }) => event.type === 'leaseChanged' && isOwnWrite(event.record, context.settings),
      changeIsOwnButEdited: ({ context, event }) =>
        event.type === 'leaseChanged' &&
        isOwnWrite(event.record, context.settings) &&
        event.record.leaseDuration !== context.settings.leaseDuration,
      deletionIsOfObserved: ({ context, event }) =>
        event.type === 'leaseDeleted' && event.uid === observed(context)?.uid,
      // A newer state than the one that was just read: it has to be read once more.
      newsIsLaterThanReading: ({ context: { news }, event }) => {
        const { record } = outputOf<LeaseReading>(event)
        if (news?.type === 'leaseDeleted') return news.uid === record?.uid
        return news?.type === 'leaseChanged' && (record === undefined || isLater(news.record, record) !== false)
      },
      lookIsOld: ({ context, event }) =>
        event.type === 'watchOpened' &&
        (context.lookedAt === undefined || event.at.monotonic - context.lookedAt >= pollWithoutWatch(context)),
      // The process stood still or was suspended meanwhile: a term that began with the sending would be over already.
      claimIsOutdated: ({ context, event }) => {
        const { sentAt, receivedAt } = outputOf<LeaseWrite>(event)
        return validityOf({ sentAt, renewDeadline: context.settings.renewDeadline }, receivedAt) !== 'valid'
      },
      // Another one was seen to hold a Lease that was deleted while the claim was on its way, and may still believe.
      claimIsPremature: ({ context: { observation, settings }, event }) => {
        const { record, receivedAt } = outputOf<LeaseWrite>(event)
        return assess(observe(observation, record, receivedAt, settings), receivedAt.monotonic, settings) !== 'ours'
      },
      holdsOwnWrite: ({ context }) => holdsOwnWrite(context),
      // Something went wrong with the last renewal, or somebody changed what it stated.
      holdsWriteToRenew: ({ context }) => {
        if (!holdsOwnWrite(context)) return false
        return context.failures > 0 || observed(context)!.leaseDuration !== context.settings.leaseDuration
      },
    },
  })
}

/** What the candidate wants, what it has, and what went wrong. */
export function withCandidateGuards(words: ReturnType<typeof withLeaseGuards>, retryBackoffs: readonly number[]) {
  return words.extend({
    guards: {
      isFailureNumber: ({ context }, params: { number: number }) => context.failures + 1 === params.number,
      errorIsFinal: ({ context, event }) => isFinal(context, errorOf(event)),
      errorIsFirstConflict: ({ context, event }) => errorOf(event) instanceof ConflictError && context.failures === 0,
      ownerIsRefused: ({ context, event }) => canDoWithoutOwner(context, errorOf(event)),
      retriesExhausted: ({ context }) =>
        context.settings.endAfterRetries && context.failures + 1 > retryBackoffs.length,
      isForLife: ({ context }) => context.settings.term === 'life',
      isAtWork: ({ context }) => context.atWork,
      isAskedToStepDown: ({ context }) => isAsked(context),
      isAskedToStepDownAtWork: ({ context }) => isAsked(context) && context.atWork,
      mustNotStandAgain: ({ context: { settings, tenure, stopping } }) =>
        settings.term === 'life' && tenure !== undefined && stopping?.kind === 'stepDown',
      isStopping: ({ context }) => context.stopping?.kind === 'stop',
      isGivingUp: ({ context }) => context.stopping !== undefined,
      isSteppingDown: ({ context }) => context.stopping?.kind === 'stepDown',
      claimMayBePending: ({ context }) => context.claimPending,
      identityIsDuplicate: ({ context }) => context.loss?.kind === 'duplicateIdentity',
      workIsStuckAtStop: ({ context }) => context.loss?.kind === 'workDidNotStop' && context.stopping?.kind === 'stop',
      stopAwaitsWork: ({ context }) => context.stopping?.kind === 'stop' && context.atWork,
      renewalSucceeded: stateIn({ leading: { renewal: 'holding' } }),
      renewalIsSettled: not(stateIn({ leading: { renewal: 'renewing' } })),
    },
  })
}

function isAsked(context: ElectionContext): boolean {
  return holdsOwnWrite(context) && isAskedToStepDown(observed(context)!)
}

function holdsOwnWrite(context: ElectionContext): boolean {
  const record = observed(context)
  if (record === undefined || !isOwnWrite(record, context.settings)) return false
  return !isByCopy(record, context.ownWrites, context.settings)
}
