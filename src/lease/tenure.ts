/**
 * One term of leadership: how long it is valid, by which clock, and its fencing token.
 *
 * Guaranteed: a term that `validityOf` calls valid began no longer than the renew deadline ago, counted from before
 * the last successful write was sent, on the clock of this process that counted more. So it ends before any
 * challenger, who waits for the full lease duration after it *saw* that write, can begin its own.
 * Not guaranteed: anything about clocks whose rates differ by more than `toleratedClockRateError`.
 *
 * Keeps rules 4 and 6 of docs/protocol.md: a term counts from the sending of its last write, and its fencing token is the
 * version of the write that acquired it.
 */
import { type Instant, suspendedBetween } from './clock.ts'

export interface Tenure {
  /** resourceVersion of the acquiring write, a decimal integer: increases from term to term. */
  readonly fencingToken: string
  /** leaseTransitions of the Lease: for humans, it starts over when the Lease is deleted. */
  readonly transitions: number
  /** When the last successful write of this term was sent, not when it was answered. */
  readonly sentAt: Instant
  /** Milliseconds from `sentAt` to the end. */
  readonly renewDeadline: number
  /** Monotonic time at which the next renewal is due: see `renewal-schedule.ts`. */
  readonly renewalDueAt: number
}

/** Why a term ended otherwise than by release. */
export type LossReason =
  /** No renewal succeeded in time. `error` is the last failure, where there was one. */
  | {
      readonly kind: 'deadline'
      /** Why the last attempt failed, where one did. */
      readonly error?: unknown
    }
  /** The Lease names another holder; undefined where it names nobody (somebody blanked it by hand). */
  | {
      readonly kind: 'takenOver'
      /** Its identity. */
      readonly by: string | undefined
    }
  /** The Lease is gone, or another one of its name has come in its place. */
  | { readonly kind: 'leaseDeleted' }
  /** The API server refuses the renewal: rights were withdrawn, credentials expired. */
  | {
      readonly kind: 'forbidden'
      /** The refusal: a `ForbiddenError`. */
      readonly error: unknown
    }
  /** The work did not stop in time when asked to: the Lease is left to expire. */
  | { readonly kind: 'workDidNotStop' }
  /** A leader for life was asked to hand over, and did: `kubernetes-leader-election step-down`. */
  | { readonly kind: 'askedToStepDown' }
  /** Another process renews the Lease under this candidate's own identity. */
  | {
      readonly kind: 'duplicateIdentity'
      /** Names the process, where it can be seen from here: a `DuplicateIdentityError`. */
      readonly error: unknown
    }

/**
 * `inDoubt`: the monotonic clock does not say that the term is over, but another one does. The wall clock was set, or the
 * machine was suspended; a renewal tells what that means, because it can succeed only if nobody led in between.
 */
export type Validity = 'valid' | 'inDoubt' | 'over'

export function validityOf(tenure: Pick<Tenure, 'sentAt' | 'renewDeadline'>, now: Instant): Validity {
  const { sentAt, renewDeadline } = tenure
  if (now.monotonic - sentAt.monotonic >= renewDeadline) return 'over'
  return elapsedSince(sentAt, now) >= renewDeadline ? 'inDoubt' : 'valid'
}

/** Milliseconds since then, by the clock of this process that counted most. */
export function elapsedSince(then: Instant, now: Instant): number {
  const elapsed = now.monotonic - then.monotonic
  return Math.max(elapsed, now.wall - then.wall, elapsed + suspendedBetween(then, now))
}

/** The reason in words, to follow "leadership lost: ". */
export function describeLoss(reason: LossReason): string {
  switch (reason.kind) {
    case 'deadline':
      return 'no renewal succeeded before the renew deadline'
    case 'takenOver':
      return reason.by === undefined ? 'the Lease names no holder any more' : `taken over by ${reason.by}`
    case 'leaseDeleted':
      return 'the Lease was deleted'
    case 'forbidden':
      return 'the API server refuses the renewal'
    case 'workDidNotStop':
      return 'the work did not stop in time; the Lease is left to expire'
    case 'askedToStepDown':
      return 'it was asked to step down, and gave the Lease back'
    case 'duplicateIdentity':
      return 'another process holds the Lease under the same identity'
  }
}
