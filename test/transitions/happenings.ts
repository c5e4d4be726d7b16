/**
 * What can happen to an election from outside. Each happening is the event that it is to the model; how the real thing
 * is made to see it is told in `forcing.ts`.
 */
import type { EventObject } from 'xstate'
import {
  ConflictError,
  ForbiddenError,
  InvalidRequestError,
  OwnerReferenceForbiddenError,
  TransientApiError,
} from '../../src/errors.ts'
import { isOwnWrite } from '../../src/lease/identity.ts'
import { isByCopy } from '../../src/lease/own-writes.ts'
import type { LeaseRecord } from '../../src/lease/record.ts'
import { observed, pollWithoutWatch } from '../../src/statechart/context.ts'
import type { ElectionContext } from '../../src/statechart/types.ts'

export const IDENTITY = 'me'
export const INCARNATION = 'mine'
/** The cooldown that every `stepDown` asks for. */
export const COOLDOWN = 1_000

export interface LeaseFields {
  readonly holder?: string
  readonly incarnation?: string
  readonly leaseDuration?: number
  readonly strategy?: string
  readonly isOwnedByPod?: boolean
  /** Its holder is asked to step down. */
  readonly isAsked?: boolean
}

/**
 * Whose Lease it is. `own`: written by this very process, `ownEdited` and `ownAsked` by somebody's hand after it; `earlier`: by the
 * container of this pod that ran before; `copied`: by a copy of this process; `twin`: by another process with this one's
 * identity.
 */
export const LEASES = {
  held: { holder: 'other', incarnation: 'theirs' },
  free: {},
  earlier: { holder: IDENTITY, incarnation: 'earlier', isOwnedByPod: true },
  own: { holder: IDENTITY, incarnation: INCARNATION, isOwnedByPod: true },
  ownEdited: { holder: IDENTITY, incarnation: INCARNATION, isOwnedByPod: true, leaseDuration: 14_000 },
  ownAsked: { holder: IDENTITY, incarnation: INCARNATION, isOwnedByPod: true, isAsked: true },
  copied: { holder: IDENTITY, incarnation: INCARNATION, isOwnedByPod: true },
  twin: { holder: IDENTITY, incarnation: 'twin' },
  foreign: { holder: 'other', incarnation: 'theirs', strategy: 'OldestEmulationVersion' },
} satisfies Record<string, LeaseFields>

export type LeaseKind = keyof typeof LEASES
export type ReadService = 'read' | 'verify' | 'look'
export type WriteService = 'claim' | 'renew' | 'release'
export type Failure = 'transient' | 'conflict' | 'forbidden' | 'invalid' | 'ownerForbidden'

export type Happening =
  /** The server answers a read with the Lease as it is. */
  | { readonly kind: 'readAnswered'; readonly service: ReadService; readonly lease: LeaseKind | 'absent' }
  /** The answer to a read is older than what the watch told meanwhile. */
  | { readonly kind: 'readAnsweredLate'; readonly lease: LeaseKind | 'absent' }
  | { readonly kind: 'written'; readonly service: WriteService }
  /** The process stands still for longer than a term while the answer to its claim arrives. */
  | { readonly kind: 'claimedTooLate' }
  | { readonly kind: 'failed'; readonly service: ReadService | WriteService; readonly by: Failure }
  /** The watch tells of a change: in its order, too late, or with a resourceVersion that can't be compared. */
  | { readonly kind: 'changed'; readonly lease: LeaseKind; readonly version: 'newer' | 'older' | 'incomparable' }
  | { readonly kind: 'deleted'; readonly lease: 'observed' | 'another' }
  | { readonly kind: 'watchOpened' | 'watchInterrupted' | 'clockDoubted' }
  /** The watch opens when the Lease has not been looked at for a while. */
  | { readonly kind: 'watchOpenedLate' }
  /** The application says so. */
  | { readonly kind: 'stop' | 'stepDown' | 'workStarted' | 'workEnded' }
  /** A service that lives as long as its state ends all the same: the real ones never do. */
  | { readonly kind: 'ended' | 'broke'; readonly service: 'watch' | 'clock' }
  /** Time goes by until this timer fires. */
  | { readonly kind: 'timer'; readonly type: string }

const leases = Object.keys(LEASES) as LeaseKind[]
const outcomes = ['absent', ...leases] as const
const reads = ['read', 'verify', 'look'] as const
const writes = ['claim', 'renew', 'release'] as const

/** All but the timers, which the machine itself declares. */
const happenings: readonly Happening[] = [
  ...reads.flatMap((service) => outcomes.map((lease) => ({ kind: 'readAnswered', service, lease }) as const)),
  ...outcomes.map((lease) => ({ kind: 'readAnsweredLate', lease }) as const),
  ...writes.map((service) => ({ kind: 'written', service }) as const),
  { kind: 'claimedTooLate' },
  ...reads.flatMap((service) => failures(service, ['transient', 'forbidden', 'invalid'])),
  ...writes.flatMap((service) => failures(service, ['transient', 'conflict', 'forbidden', 'invalid'])),
  ...failures('claim', ['ownerForbidden']),
  ...leases.map((lease) => ({ kind: 'changed', lease, version: 'newer' }) as const),
  { kind: 'changed', lease: 'held', version: 'older' },
  { kind: 'changed', lease: 'held', version: 'incomparable' },
  { kind: 'deleted', lease: 'observed' },
  { kind: 'deleted', lease: 'another' },
  ...(['watchOpened', 'watchOpenedLate', 'watchInterrupted', 'clockDoubted'] as const).map((kind) => ({ kind })),
  ...(['stop', 'stepDown', 'workStarted', 'workEnded'] as const).map((kind) => ({ kind })),
  ...(['watch', 'clock'] as const).flatMap((service) =>
    (['ended', 'broke'] as const).map((kind) => ({ kind, service })),
  ),
]

function failures(service: ReadService | WriteService, causes: readonly Failure[]): Happening[] {
  return causes.map((by) => ({ kind: 'failed', service, by }))
}

/** What can happen where the machine listens to events of these types. */
export function happeningsFor(types: ReadonlySet<string>): Happening[] {
  const timers = [...types].filter((type) => type.startsWith('xstate.after.'))
  return [
    ...happenings.filter((happening) => types.has(typeOf(happening))),
    ...timers.map((type) => ({ kind: 'timer', type }) as const),
  ]
}

/** The type of the event by which the machine learns of it. */
export function typeOf(happening: Happening): string {
  switch (happening.kind) {
    case 'readAnswered':
    case 'written':
    case 'ended':
      return `xstate.done.actor.${happening.service}`
    case 'readAnsweredLate':
      return 'xstate.done.actor.read'
    case 'claimedTooLate':
      return 'xstate.done.actor.claim'
    case 'watchOpenedLate':
      return 'watchOpened'
    case 'failed':
    case 'broke':
      return `xstate.error.actor.${happening.service}`
    case 'changed':
      return 'leaseChanged'
    case 'deleted':
      return 'leaseDeleted'
    case 'timer':
      return happening.type
    default:
      return happening.kind
  }
}

/** The event that it is to the model; undefined where it can't happen to an election that knows what this one knows. */
export function eventOf(happening: Happening, context: ElectionContext): EventObject | undefined {
  const type = typeOf(happening)
  if ('lease' in happening && happening.lease.startsWith('own') && !mayHaveWritten(context)) return undefined
  const at = { monotonic: context.now, wall: context.now }
  switch (happening.kind) {
    case 'readAnswered':
      return {
        type,
        output: { record: recordOf(happening.lease, context, 'newer'), sentAt: at, receivedAt: at },
      } as EventObject
    case 'readAnsweredLate': {
      if (context.news === undefined) return undefined
      const record = recordOf(happening.lease, context, 'older')
      return { type, output: { record, sentAt: at, receivedAt: at } } as EventObject
    }
    case 'claimedTooLate': {
      const receivedAt = { monotonic: at.monotonic + context.settings.renewDeadline, wall: at.wall }
      return { type, output: { record: recordOf('own', context, 'newer'), sentAt: at, receivedAt } } as EventObject
    }
    case 'written': {
      const record = { ...recordOf('own', context, 'newer')!, uid: observed(context)?.uid ?? 'u' }
      return { type, output: { record, sentAt: at, receivedAt: at } } as EventObject
    }
    case 'failed':
      return { type, error: errors[happening.by] } as EventObject
    case 'changed': {
      if (happening.version === 'older' && observed(context) === undefined) return undefined
      return { type, record: recordOf(happening.lease, context, happening.version), at } as EventObject
    }
    case 'deleted': {
      const uid = happening.lease === 'another' ? 'another' : observed(context)?.uid
      return uid === undefined ? undefined : ({ type, uid, at } as EventObject)
    }
    case 'watchOpened':
    case 'watchInterrupted':
      return { type, at } as EventObject
    case 'watchOpenedLate':
      if (context.lookedAt === undefined) return undefined
      return { type, at: { ...at, monotonic: context.lookedAt + pollWithoutWatch(context) } } as EventObject
    case 'stepDown':
      return { type, cooldown: COOLDOWN } as EventObject
    case 'workStarted':
      return context.atWork || context.tenure === undefined ? undefined : { type }
    case 'workEnded':
      return context.atWork ? { type } : undefined
    default:
      return { type }
  }
}

/** Whether the Lease may be as we wrote it: as it was seen last, or by a write whose end is not known. */
function mayHaveWritten(context: ElectionContext): boolean {
  const { ownWrites, settings } = context
  const record = observed(context)
  const isSeen = record !== undefined && isOwnWrite(record, settings) && !isByCopy(record, ownWrites, settings)
  const { underWay, unclear, isCreationUnclear, others } = ownWrites
  return underWay !== undefined || unclear !== undefined || (isCreationUnclear && record?.uid !== others) || isSeen
}

const request = { verb: 'get', name: 'x', namespace: 'n' } as const
const errors = {
  transient: new TransientApiError('transient', request),
  conflict: new ConflictError('conflict', request),
  forbidden: new ForbiddenError('forbidden', request),
  invalid: new InvalidRequestError('invalid', request),
  ownerForbidden: new OwnerReferenceForbiddenError('cannot set an ownerRef', request),
}

function recordOf(
  kind: LeaseKind | 'absent',
  context: ElectionContext,
  version: 'newer' | 'older' | 'incomparable',
): LeaseRecord | undefined {
  if (kind === 'absent') return undefined
  const lease: LeaseFields = LEASES[kind]
  const { news } = context
  const known = [observed(context), news?.type === 'leaseChanged' ? news.record : undefined]
  const versions = known
    .map((record) => Number(record?.resourceVersion ?? 10))
    .filter((number) => !Number.isNaN(number))
  const resourceVersion = {
    newer: String(Math.max(...versions) + 1),
    older: String(Math.min(...versions) - 1),
    incomparable: 'x',
  }[version]
  return {
    uid: news?.type === 'leaseDeleted' ? news.uid : (observed(context)?.uid ?? 'u'),
    resourceVersion,
    holder: lease.holder,
    incarnation: lease.incarnation,
    leaseDuration: lease.leaseDuration ?? context.settings.leaseDuration,
    acquireTime: 't',
    renewTime: renewTimeOf(kind, context) ?? `t${resourceVersion}`,
    transitions: 0,
    ...(lease.isAsked && { stepDown: 't' }),
    owners: lease.isOwnedByPod ? [context.settings.owner!] : [],
    strategy: lease.strategy,
  }
}

/** What edits an own Lease leaves its time; undefined where the record is a new one. */
function renewTimeOf(kind: LeaseKind, { ownWrites }: ElectionContext): string | undefined {
  return kind.startsWith('own') && ownWrites.underWay === undefined ? ownWrites.last?.renewTime : undefined
}
