/** The context of the statechart: how it begins, and what can be read off it. Pure. */

import {
  ConfigurationError,
  DuplicateIdentityError,
  ForeignLeaseError,
  InvalidRequestError,
  isRefusal,
  KubeConfigError,
  LeadershipLostError,
  messageOf,
  OwnerReferenceForbiddenError,
  RetriesExhaustedError,
} from '../errors.ts'
import { type Attempt, measured, patienceOf, UNMEASURED, type Urgency } from '../lease/attempt.ts'
import { type Instant, timerDelay } from '../lease/clock.ts'
import { isOwnWrite } from '../lease/identity.ts'
import { type Assessment, assess, observe, UNREAD } from '../lease/observation.ts'
import { clarified, isByCopy, isStrange, NOTHING_WRITTEN, succeeded } from '../lease/own-writes.ts'
import type { LeaseRecord } from '../lease/record.ts'
import { describeLoss } from '../lease/tenure.ts'
import { resolveSettings } from '../options/options.ts'
import type { ElectionInput } from '../options/types.ts'
import type { ElectionContext, LeaseWrite } from './types.ts'

/** @throws ConfigurationError for wrong input, or where the surroundings lack what the input leaves open. */
export function initialContext(input: ElectionInput | undefined): ElectionContext {
  return {
    input,
    settings: resolveSettings(input),
    observation: UNREAD,
    now: 0,
    tenure: undefined,
    leader: undefined,
    failures: 0,
    lastError: undefined,
    wait: 0,
    roundTrip: UNMEASURED,
    lookedAt: undefined,
    isEstablished: false,
    startIsOver: false,
    streamStands: false,
    watching: false,
    isOwnerRefused: false,
    news: undefined,
    ownWrites: NOTHING_WRITTEN,
    claimPending: false,
    atWork: false,
    stopping: undefined,
    loss: undefined,
    error: undefined,
  }
}

/**
 * The same context as an object of one shape. XState makes each new one by `Object.assign`, which turns objects of so many
 * fields into hash tables: they take seven times as much.
 */
export function compact(context: ElectionContext): ElectionContext {
  return {
    input: context.input,
    settings: context.settings,
    observation: context.observation,
    now: context.now,
    tenure: context.tenure,
    leader: context.leader,
    failures: context.failures,
    lastError: context.lastError,
    wait: context.wait,
    roundTrip: context.roundTrip,
    lookedAt: context.lookedAt,
    isEstablished: context.isEstablished,
    startIsOver: context.startIsOver,
    streamStands: context.streamStands,
    watching: context.watching,
    isOwnerRefused: context.isOwnerRefused,
    news: context.news,
    ownWrites: context.ownWrites,
    claimPending: context.claimPending,
    atWork: context.atWork,
    stopping: context.stopping,
    loss: context.loss,
    error: context.error,
  }
}

export function observed({ observation }: ElectionContext): LeaseRecord | undefined {
  return observation.kind === 'present' ? observation.record : undefined
}

/** What may be done about the Lease; what a copy of this process wrote is not ours, though it looks like it. */
export function assessed(context: ElectionContext): Assessment {
  const { observation, now, settings, ownWrites } = context
  const record = observed(context)
  if (record && isByCopy(record, ownWrites, settings)) return 'duplicate'
  return assess(observation, now, settings)
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

/** Milliseconds between two looks at the Lease where the watch stands: what it misses, the expiry finds. */
const POLL_BESIDE_WATCH = 600_000

/** Milliseconds between two looks at the Lease where no watch stands. */
export function pollWithoutWatch({ settings }: ElectionContext): number {
  return settings.interval / 3
}

/** Milliseconds until the next look, with jitter. */
export function pollDelay(context: ElectionContext, random: number): number {
  if (context.watching) return timerDelay(Math.max(context.settings.interval, POLL_BESIDE_WATCH))
  return timerDelay(pollWithoutWatch(context) * (0.75 + random / 2))
}

/** Whether a failure is final: what is asked for, who asks or where has to be mended, and no retry can help. */
export function isFinal(context: ElectionContext, error: unknown): boolean {
  const { isEstablished, startIsOver } = context
  if (canDoWithoutOwner(context, error)) return false
  if (error instanceof KubeConfigError) return !isEstablished
  if (isRefusal(error)) return startIsOver && !isEstablished
  return error instanceof ConfigurationError || error instanceof InvalidRequestError
}

/** Whether the cluster only does not let this candidate give the Lease an owner, which it can do without. */
export function canDoWithoutOwner({ settings, isOwnerRefused }: ElectionContext, error: unknown): boolean {
  return error instanceof OwnerReferenceForbiddenError && settings.term === 'renewable' && !isOwnerRefused
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
  const belongs = `the Lease ${settings.leaseName} belongs to another system`
  if (strategy) {
    return new ForeignLeaseError(
      `${belongs}: its spec.strategy is "${strategy}" (coordinated leader election decides who holds it). Choose ` +
        'another lease name.',
    )
  }
  return new ForeignLeaseError(
    `${belongs}: it is owned by ${owners.map(({ kind, name }) => `the ${kind} ${name}`).join(' and ')}. Choose another ` +
      'lease name; or, if it was created for this election (by an operator, by Helm), set `adopt: true`, and its owners ' +
      'are replaced by this candidate; or give that owner as the option `owner`.',
  )
}

export function duplicateIdentity(context: ElectionContext): DuplicateIdentityError {
  const { settings } = context
  const holds = `holds the Lease ${settings.leaseName} as "${settings.identity}"`
  const record = observed(context)
  if (record && isOwnWrite(record, settings)) {
    return new DuplicateIdentityError(
      `a copy of this process ${holds}, in the same term: its machine was restored from a snapshot, or the like. Start ` +
        'each of them anew.',
    )
  }
  const namesake = record?.namesake
  if (namesake?.kind === 'election') {
    return new DuplicateIdentityError(
      `another election of this process stands for the Lease ${settings.leaseName} as "${settings.identity}", too. Use ` +
        'one election for each Lease in a process, or give each an identity of its own with the option `identity`.',
    )
  }
  const other = namesake?.kind === 'process' ? `the live process ${namesake.pid}` : 'another live process'
  return new DuplicateIdentityError(
    `${other} ${holds}, which is this candidate's identity too. Give each process an identity of its own: one election ` +
      'per pod, or the option `identity`.',
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

/** What the context learns from how long an answer took. */
export function answered(
  { roundTrip }: ElectionContext,
  { sentAt, receivedAt }: { sentAt: Instant; receivedAt: Instant },
) {
  return {
    roundTrip: measured(roundTrip, receivedAt.monotonic - sentAt.monotonic),
    lookedAt: receivedAt.monotonic,
  }
}

/** What the context knows once this record, or its absence, was received. */
function seen({ observation, settings }: ElectionContext, record: LeaseRecord | undefined, at: Instant) {
  return { observation: observe(observation, record, at, settings), now: at.monotonic }
}

/** As `seen`, of a record that somebody else may have written. */
export function foundOut(context: ElectionContext, record: LeaseRecord | undefined, at: Instant) {
  const ownWrites = clarified(context.ownWrites, record, context.settings)
  const known = record && isStrange(record, ownWrites, context.settings) ? { ...record, isStrange: true } : record
  return { ...seen(context, known, at), ownWrites }
}

/** What the context knows once a claim or a renewal of ours has succeeded. */
export function written(context: ElectionContext, { record, ...times }: LeaseWrite) {
  return { ...answered(context, times), ...seen(context, record, times.receivedAt), ownWrites: succeeded(record) }
}
