/** What flows through the statechart: its context, the events it takes and emits, and the services it invokes. */
import type { CallbackActorLogic, EventObject, PromiseActorLogic } from 'xstate'
import type { Attempt, RoundTrip } from '../lease/attempt.ts'
import type { Instant } from '../lease/clock.ts'
import type { Observation } from '../lease/observation.ts'
import type { OwnWrites } from '../lease/own-writes.ts'
import type { LeaseRecord } from '../lease/record.ts'
import type { LossReason, Tenure } from '../lease/tenure.ts'
import type { ElectionInput, Settings } from '../options/types.ts'

export type { ElectionInput }

export interface ElectionContext {
  /** As it was given: what is restored from a snapshot begins anew with it. */
  readonly input: ElectionInput | undefined
  readonly settings: Settings
  /** What was last seen of the Lease, and from when on it may be claimed. */
  readonly observation: Observation
  /** Monotonic time of the last thing that flowed in: delays count from it. */
  readonly now: number
  /** The current term, or the last one. */
  readonly tenure: Tenure | undefined
  /** The holder that was last announced. */
  readonly leader: string | undefined
  /** Failed requests in a row. */
  readonly failures: number
  readonly lastError: unknown
  /** Milliseconds until the failed request is tried again. */
  readonly wait: number
  /** How long requests were measured to take. */
  readonly roundTrip: RoundTrip
  /** Monotonic time of the last answer that told what the Lease is like; undefined before the first. */
  readonly lookedAt: number | undefined
  /** It has followed or led: who asks, and where, is as it should be. */
  readonly isEstablished: boolean
  /** Refusals are final from now on, where nothing was ever answered. */
  readonly startIsOver: boolean
  /** The stream of the watch stands. */
  readonly streamStands: boolean
  /** It stood already when the Lease was looked at last: nothing was missed. Otherwise followers poll more often. */
  readonly watching: boolean
  /** The cluster does not let this candidate give the Lease an owner: it does without. */
  readonly isOwnerRefused: boolean
  /** What the watch told while a request was under way, whose answer may be older. */
  readonly news: WatchEvent | undefined
  readonly ownWrites: OwnWrites
  /** A claim was sent and its fate is unknown: stopping has to look before it leaves. */
  readonly claimPending: boolean
  /** The application said that it works under this term (`workStarted`) and has not said that it ended. */
  readonly atWork: boolean
  /** Whoever asked to give the leadership up; the election ends, or rests for `cooldown`. */
  readonly stopping: { readonly kind: 'stop' } | { readonly kind: 'stepDown'; readonly cooldown: number } | undefined
  readonly loss: LossReason | undefined
  /** What ends the election, in `lost` and `failed`. */
  readonly error: Error | undefined
}

/** What an election is told. By an application: `stop`, `stepDown`, `workStarted` and `workEnded`. */
export type ElectionEvent =
  /** Ends the election in order: drain, release, done. */
  | { readonly type: 'stop' }
  /** Gives the leadership up and stands again after `cooldown` milliseconds (default: the interval). */
  | {
      readonly type: 'stepDown'
      /** Milliseconds from 0. */
      readonly cooldown?: number
    }
  /** The application works under this term: stopping waits for `workEnded`. */
  | { readonly type: 'workStarted' }
  /** The work under this term has ended, whatever it came to. */
  | { readonly type: 'workEnded' }
  | WatchEvent
  | ClockEvent

/** What the watch tells: hints, never a reason to believe in one's own leadership. */
export type WatchEvent =
  /** The stream stands; whatever changed before has to be read. */
  | { readonly type: 'watchOpened'; readonly at: Instant }
  | { readonly type: 'watchInterrupted'; readonly error?: unknown; readonly at: Instant }
  | { readonly type: 'leaseChanged'; readonly record: LeaseRecord; readonly at: Instant }
  | { readonly type: 'leaseDeleted'; readonly uid: string; readonly at: Instant }

/** Another clock than the monotonic one says that the term is over. */
export interface ClockEvent {
  readonly type: 'clockDoubted'
}

/** What everything outside hangs on: callbacks, log, metrics. */
export type ElectionEmitted =
  /** Another holder than before was seen in the Lease, this candidate included; undefined when nobody holds it. */
  | {
      readonly type: 'newLeader'
      /** Its identity, as it stands in the Lease. */
      readonly holder: string | undefined
      /** Of the Lease, in milliseconds; undefined where it states none that is usable. */
      readonly leaseDuration: number | undefined
    }
  /** This candidate leads, by its own successful write. */
  | {
      readonly type: 'leading'
      /** Increases from term to term: see `Leadership`. */
      readonly fencingToken: bigint
      /** leaseTransitions of the Lease: for humans, it starts over when the Lease is deleted. */
      readonly transitions: number
    }
  /** A renewal succeeded. */
  | {
      readonly type: 'renewed'
      /** Of the term: a renewal does not change it. */
      readonly fencingToken: bigint
      /** Milliseconds from its sending to its answer. */
      readonly took: number
    }
  /** "I am the leader": at the beginning of a term and once an interval. */
  | {
      readonly type: 'reporting'
      /** Of the term. */
      readonly fencingToken: bigint
    }
  /** A request failed and will be retried after `delay` milliseconds. */
  | {
      readonly type: 'retrying'
      /** What failed: `read`, `claim`, `renew`, `verify` or `release`. */
      readonly operation: Operation
      /** Failures in a row, from 1. */
      readonly attempt: number
      /** Milliseconds. */
      readonly delay: number
      /** Mostly a `LeaseApiError`. */
      readonly error: unknown
    }
  /** The cluster does not let this candidate give the Lease an owner: it stands without. */
  | {
      readonly type: 'ownerRefused'
      /** An `OwnerReferenceForbiddenError`. */
      readonly error: unknown
    }
  /** The watch failed; polling goes on meanwhile. */
  | {
      readonly type: 'watchInterrupted'
      /** Undefined where the server ended it in order, but early. */
      readonly error: unknown
    }
  /** The wall clock was set or the machine suspended: `isLeading` says false until a renewal has settled it. */
  | { readonly type: 'doubted' }
  /** The leadership is about to be given up: the work is asked to stop. It is still renewed until that has ended. */
  | { readonly type: 'draining' }
  /** The leadership ended otherwise than by release. */
  | {
      readonly type: 'lost'
      /** `describeLoss` puts it in words. */
      readonly reason: LossReason
      /** Of the term that has ended. */
      readonly fencingToken: bigint
    }
  /** The Lease was given back; unconfirmed where the API server did not say so in time: then it expires. */
  | {
      readonly type: 'released'
      /** Whether the API server said so. */
      readonly confirmed: boolean
    }
  /** The election can't go on. */
  | {
      readonly type: 'failed'
      /** Mostly an `ElectionError`. */
      readonly error: Error
    }

/** Of all events that are emitted. */
export const EVENT_TYPES = Object.keys({
  newLeader: true,
  leading: true,
  renewed: true,
  reporting: true,
  retrying: true,
  ownerRefused: true,
  watchInterrupted: true,
  doubted: true,
  draining: true,
  lost: true,
  released: true,
  failed: true,
} satisfies Record<ElectionEmitted['type'], true>) as ElectionEmitted['type'][]

export type Operation = 'read' | 'claim' | 'renew' | 'verify' | 'release'

/** What an election ends with that was stopped in order. One that was lost or failed ends with an error instead. */
export interface ElectionOutput {
  /** It holds nothing any more. */
  readonly outcome: 'released'
}

/** A Lease as it was read; undefined where there is none. */
export interface LeaseReading {
  readonly record: LeaseRecord | undefined
  readonly sentAt: Instant
  readonly receivedAt: Instant
}

/** A successful conditional write of this candidate. */
export interface LeaseWrite {
  readonly record: LeaseRecord
  readonly sentAt: Instant
  readonly receivedAt: Instant
}

/** The services of the statechart, by name: one request each, or one source of events. */
export type ElectionActors = {
  readLease: PromiseActorLogic<LeaseReading, { settings: Settings; attempt: Attempt }>
  claimLease: PromiseActorLogic<
    LeaseWrite,
    { settings: Settings; record: LeaseRecord | undefined; keepsOwners: boolean; attempt: Attempt }
  >
  renewLease: PromiseActorLogic<LeaseWrite, { settings: Settings; record: LeaseRecord; attempt: Attempt }>
  releaseLease: PromiseActorLogic<void, { settings: Settings; record: LeaseRecord; attempt: Attempt }>
  watchLease: CallbackActorLogic<EventObject, { settings: Settings }>
  watchClock: CallbackActorLogic<EventObject, { tenure: Tenure }>
  escalate: PromiseActorLogic<never, { error: Error }>
}
