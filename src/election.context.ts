/** The context of the statechart: how it begins, and what can be read off it. Pure. */
import { type Attempt, patienceOf, UNMEASURED, type Urgency } from './attempt.ts'
import { timerDelay } from './clock.ts'
import type { ElectionContext } from './election.types.ts'
import {
  DuplicateIdentityError,
  ForeignLeaseError,
  LeadershipLostError,
  messageOf,
  RetriesExhaustedError,
} from './errors.ts'
import { type LeaseRecord, UNREAD } from './lease.ts'
import { type ElectionInput, resolveSettings } from './options.ts'
import { describeLoss } from './tenure.ts'

/** @throws ConfigurationError for wrong input, or where the surroundings lack what the input leaves open. */
export function initialContext(input: ElectionInput | undefined): ElectionContext {
  return {
    settings: resolveSettings(input),
    observation: UNREAD,
    now: 0,
    tenure: undefined,
    leader: undefined,
    failures: 0,
    lastError: undefined,
    retryAfter: 0,
    roundTrip: UNMEASURED,
    watching: false,
    news: undefined,
    claimPending: false,
    atWork: false,
    stopping: undefined,
    loss: undefined,
    error: undefined,
  }
}

export function observed({ observation }: ElectionContext): LeaseRecord | undefined {
  return observation.kind === 'present' ? observation.record : undefined
}

/** Milliseconds by which the last successful write of this term precedes `now`. */
export function sinceSending({ now, tenure }: ElectionContext): number {
  return now - tenure!.sentAt.monotonic
}

/** How the next request is sent. No answer is of use after a whole renew deadline: a term would be over by then. */
export function attemptFor(context: ElectionContext, purpose: Urgency['purpose']): Attempt {
  const { roundTrip, settings, tenure } = context
  const patience = Math.round(patienceOf(roundTrip, settings.requestTimeout, settings.renewDeadline))
  if (purpose !== 'keep') return { patience, urgency: { purpose } }
  return { patience, urgency: { purpose, until: tenure!.sentAt.monotonic + settings.renewDeadline } }
}

/** A server may ask for a longer wait than ours, but not for longer than a lease lasts. */
export function retryDelay({ retryAfter, settings }: ElectionContext, backoff: number): number {
  return timerDelay(Math.max(backoff, Math.min(retryAfter, settings.leaseDuration)))
}

export function tokenOf({ tenure }: ElectionContext): bigint {
  return BigInt(tenure!.fencingToken)
}

// XState types the events of an invoked service by its id; the actions here serve several services.
export function outputOf<Output>(event: { type: string }): Output {
  return (event as unknown as { output: Output }).output
}

export function errorOf(event: { type: string }): unknown {
  return (event as unknown as { error: unknown }).error
}

export function foreignLease({ settings }: ElectionContext, { strategy, owners }: LeaseRecord): ForeignLeaseError {
  const sign = strategy
    ? `its spec.strategy is "${strategy}" (coordinated leader election decides who holds it)`
    : `it is owned by ${owners.map(({ kind }) => `a ${kind}`).join(' and ')}`
  return new ForeignLeaseError(
    `the Lease ${settings.leaseName} belongs to another system: ${sign}. Choose another lease name.`,
  )
}

export function duplicateIdentity({ settings }: ElectionContext): DuplicateIdentityError {
  return new DuplicateIdentityError(
    `another live process holds the Lease ${settings.leaseName} as "${settings.identity}", which is this candidate's ` +
      'identity too. Give each process an identity of its own: one election per pod, or the option `identity`.',
  )
}

export function retriesExhausted(
  { failures }: ElectionContext,
  retries: number,
  error: unknown,
): RetriesExhaustedError {
  return new RetriesExhaustedError(
    `${failures + 1} requests in a row failed, after ${retries} retries; the last one: ${messageOf(error)}`,
    { cause: error },
  )
}

/** The error that tells of the loss, where it is final. */
export function leadershipLost({ settings, loss }: ElectionContext): Error {
  if (loss!.kind === 'duplicateIdentity') return loss!.error as Error
  return new LeadershipLostError(`leadership of ${settings.leaseName} lost: ${describeLoss(loss!)}`, loss!)
}
