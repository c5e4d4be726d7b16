/**
 * What is expected of each process for itself, where nothing goes wrong for it.
 *
 * - Refusals (401, 403) end no election, but at the start: where it never followed or led, after `startTimeout`.
 * - A term that is not renewed is given up at its deadline, not before; and one that is answered in time is never lost to it.
 * - The next renewal is sent an interval after the last one was sent at the latest, whenever that was answered.
 * - After a loss, failures are counted anew.
 * - No term is doubted where nobody sets a clock or suspends the machine.
 * - A leader whose Lease went while no watch stood stops a look's time after one stands again.
 * - Nobody takes itself for a copy who is none; of those that are two, nothing of this is expected.
 * - Reads are no more than polling costs, however often watches end, and next to none while one stands; nor are there more
 *   writes than renewals.
 */

import {
  DuplicateIdentityError,
  isRefusal,
  OwnerReferenceForbiddenError,
  RetriesExhaustedError,
} from '../../src/errors.ts'
import { describeLoss, type LossReason } from '../../src/lease/tenure.ts'
import type { ElectionEmitted } from '../../src/statechart/types.ts'
import type { SentRequest } from './client-model.ts'
import type { ProcessModel } from './process-model.ts'
import type { World } from './world.ts'

/** What is known of a process's requests and streams. Times are true ones. */
interface Record {
  readonly startedAt: number
  /** Of requests that are recent enough to be counted. */
  readonly reads: number[]
  readonly writes: number[]
  lastReadAt: number
  lastAnsweredAt: number
  lastWriteAnsweredAt: number
  /** When the Lease was last found to be otherwise than expected: a watch that is silent tells nothing. */
  lastSurpriseAt: number
  /** When a stream of its watch last began. */
  lastStreamAt: number
  /** Failures are to be counted from one. */
  hasLost: boolean
}

/** Milliseconds: delays are whole ones, and are rounded up. */
const ROUNDING = 2
/** Milliseconds that a look takes on a network that is well, or two of them and a renewal. */
const LOOK = 200
/** Milliseconds that requests for other Leases may keep one from being sent: those that hang count for a second. */
const QUEUEING = 1_100
/** Intervals over which requests are counted. */
const COUNTED = 10

export class Conduct {
  readonly #world: World
  readonly #violate: (text: string) => void
  readonly #holds: (process: ProcessModel) => boolean
  readonly #records = new Map<ProcessModel, Record>()
  #lastHandOverAt = 0

  /** @param holds whether the Lease is this process's, as the server knows. */
  constructor(world: World, violate: (text: string) => void, holds: (process: ProcessModel) => boolean) {
    this.#world = world
    this.#violate = violate
    this.#holds = holds
  }

  started(process: ProcessModel): void {
    const never = Number.NEGATIVE_INFINITY
    this.#records.set(process, {
      startedAt: this.#world.now,
      reads: [],
      writes: [],
      lastReadAt: never,
      lastAnsweredAt: never,
      lastWriteAnsweredAt: never,
      lastSurpriseAt: never,
      lastStreamAt: never,
      hasLost: false,
    })
  }

  /** Something else than a renewal happened to the Lease: more than usual is read and written. */
  handedOver(): void {
    this.#lastHandOverAt = this.#world.now
  }

  sending(process: ProcessModel, { verb, kind }: SentRequest): void {
    const record = this.#records.get(process)!
    const { now } = this.#world
    if (kind === 'renew') this.#checkPunctuality(process, record)
    if (verb === 'get') record.lastReadAt = now
    if (kind === 'renew') this.#count(process, record, 'writes')
    if (verb === 'get') this.#count(process, record, 'reads')
  }

  settled(process: ProcessModel, { kind }: SentRequest, status: number): void {
    const record = this.#records.get(process)!
    if (status === 200 || status === 404 || status === 409) record.hasLost = false
    if (status === 404 || status === 409) record.lastSurpriseAt = this.#world.now
    if (status !== 200) return
    record.lastAnsweredAt = this.#world.now
    if (kind !== undefined) record.lastWriteAnsweredAt = this.#world.now
  }

  emitted(process: ProcessModel, event: ElectionEmitted): void {
    const record = this.#records.get(process)!
    if (event.type === 'lost') record.hasLost = true
    if (event.type === 'doubted') this.#checkDoubt(process)
    if (event.type !== 'retrying') return
    if (record.hasLost && event.attempt !== 1) {
      this.#violate(`${process.incarnation} counts its first failure after a loss as number ${event.attempt}`)
    }
    record.hasLost = false
  }

  lost(process: ProcessModel, reason: LossReason): void {
    if (isTwo(process) || (reason.kind !== 'deadline' && reason.kind !== 'forbidden')) return
    const { incarnation, plan, clock, lastWriteSentAt, lastTroubleAt, isKeptWaiting } = process
    const { now } = this.#world
    const age = (now - lastWriteSentAt) * clock.rate
    // A process that stood still runs its timers before it reads the answers that came meanwhile.
    const knewOfIt = this.#records.get(process)!.lastWriteAnsweredAt < now
    if (knewOfIt && age < plan.renewDeadline - ROUNDING) {
      this.#violate(`${incarnation} gives up ${Math.round(age)} ms after it renewed: ${describeLoss(reason)}`)
    }
    const since = (now - lastTroubleAt) * clock.rate
    if (since > plan.renewDeadline * 1.1 + 100 && !isKeptWaiting) {
      this.#violate(`${incarnation} missed its deadline though nothing went wrong for ${Math.round(since)} ms`)
    }
  }

  ended(process: ProcessModel, error: unknown): void {
    const { incarnation, plan, clock, hasStood } = process
    if (error instanceof DuplicateIdentityError && error.message.startsWith('a copy') && !isTwo(process)) {
      this.#violate(`${incarnation} takes itself for a copy`)
    }
    if (isTwo(process)) return
    if (error instanceof RetriesExhaustedError) this.#violate(`${incarnation} ends because requests failed`)
    if (error instanceof OwnerReferenceForbiddenError && process.podUid !== undefined && !process.needsOwner) {
      this.#violate(`${incarnation} ends because it may not give the Lease an owner, and could do without`)
    }
    if (!isRefusal(error)) return
    const stoodFor = (this.#world.now - this.#records.get(process)!.startedAt) * clock.rate
    if (hasStood) this.#violate(`${incarnation} ends because it was refused, though it had followed or led`)
    else if (stoodFor < plan.startTimeout) {
      this.#violate(`${incarnation} ends because it was refused, ${Math.round(stoodFor)} ms after its start`)
    }
  }

  watchOpened(process: ProcessModel): void {
    const record = this.#records.get(process)!
    const { now } = this.#world
    record.lastStreamAt = now
    if (isTwo(process)) return
    const { leadsWith, incarnation, plan, clock, lastTroubleAt } = process
    const isLookDue = (now - record.lastAnsweredAt) * clock.rate >= plan.interval / 3
    // Who waits after a failure looks when that wait is over.
    const isHolding = leadsWith !== undefined && !process.isBusy && lastTroubleAt < record.lastAnsweredAt
    if (!isHolding || this.#holds(process) || !isLookDue || !process.isWell) return
    this.#world.after(LOOK, () => {
      const goesOn = process.isAlive && process.leadsWith === leadsWith
      if (!goesOn || process.lastTroubleAt !== lastTroubleAt || !process.isWell) return
      this.#violate(
        `${incarnation} leads on ${LOOK} ms after its watch was opened again, though it lost its Lease before`,
      )
    })
  }

  #checkDoubt({ incarnation, plan, clock, lastTroubleAt }: ProcessModel): void {
    const since = (this.#world.now - lastTroubleAt) * clock.rate
    if (since <= plan.renewDeadline) return
    this.#violate(`${incarnation} doubts its term though nothing went wrong for ${Math.round(since)} ms`)
  }

  #checkPunctuality(process: ProcessModel, { lastReadAt, lastWriteAnsweredAt }: Record): void {
    const { incarnation, plan, clock, lastWriteSentAt, lastTroubleAt } = process
    if (isTwo(process) || lastTroubleAt >= lastWriteSentAt || lastReadAt >= lastWriteSentAt) return
    const elapsed = (this.#world.now - lastWriteSentAt) * clock.rate
    const answered = (lastWriteAnsweredAt - lastWriteSentAt) * clock.rate
    if (plan.otherElections > 0 && !process.isWell) return
    const queueing = plan.otherElections > 0 ? QUEUEING : 0
    if (elapsed <= Math.max(plan.interval, answered) + ROUNDING + queueing) return
    this.#violate(
      `${incarnation} renews ${Math.round(elapsed)} ms after its last write; its interval is ${plan.interval} ms`,
    )
  }

  #count(process: ProcessModel, record: Record, what: 'reads' | 'writes'): void {
    const { incarnation, plan, clock, lastTroubleAt } = process
    const { now } = this.#world
    const window = (COUNTED * plan.interval) / clock.rate
    const times = record[what]
    times.push(now)
    while (times[0]! < now - window) times.shift()
    const quietSince = Math.max(record.startedAt, record.lastSurpriseAt, lastTroubleAt, this.#lastHandOverAt)
    if (isTwo(process) || quietSince > now - window) return
    const isWatching = record.lastStreamAt < now - window && process.isWatching
    // A poll comes three quarters of a third of an interval after the last one, or later.
    const polls = isWatching ? 1 : 4 * COUNTED
    const most = what === 'writes' ? COUNTED + 2 : polls + 2
    if (times.length !== most + 1) return
    this.#violate(
      `${incarnation} has ${most + 1} ${what} in ${COUNTED} intervals in which nothing happened to the Lease`,
    )
  }
}

function isTwo({ copiedAt }: ProcessModel): boolean {
  return copiedAt !== undefined
}
