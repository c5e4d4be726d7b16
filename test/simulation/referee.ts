/**
 * Says what must hold, and looks after everything that happens whether it does.
 *
 * - At every instant at most one process's own view says that it leads. One that stands still counts: it could ask when
 *   it goes on. Excused is who was deprived of the Lease by hand, or by the forced deletion of its pod, where the
 *   protocol lets others claim at once (see `#isExcused`).
 * - A process's view never outlasts the renew deadline, by its own clocks' rate, from the last sending that succeeded.
 * - A term's fencing token is the version of the write that acquired the Lease, above all earlier ones'. The resource
 *   never accepts an earlier term's write after a later one's.
 * - Nobody takes over what has not stood unchanged for the record's own duration, by the taker's clock.
 * - Every write of an existing Lease says which version it expects. After a write with an unclear fate it reads first.
 * - A Lease goes with the pod of its holder, not with another one's.
 * - Only who holds the Lease renews or releases it, and releases it only when no work runs under it.
 * - Of a process that was copied one leads on, no later than a deadline and an interval after.
 * - A leader loses its term only for cause. It begins a term only when the work of the last one has ended.
 * - Requests keep to a budget.
 * - Once the faults have ended, somebody leads within `takeoverBound`, and who was asked to stop has ended.
 */

import type { LeaseRecord } from '../../src/lease/record.ts'
import { describeLoss, type LossReason } from '../../src/lease/tenure.ts'
import type { ElectionEmitted } from '../../src/statechart/types.ts'
import type { SentRequest } from './client-model.ts'
import { Conduct } from './conduct.ts'
import type { Plan } from './plan.ts'
import { type ProcessModel, type ProcessObserver, termKey } from './process-model.ts'
import { COLLECTOR, type Commit, type Unconditional, type WriteKind } from './server-model.ts'
import type { World } from './world.ts'

/** A term as the server knows it: it began with a write that acquired the Lease. */
interface Term {
  readonly token: string
  readonly by: string
  readonly number: number
  readonly key: string
  /** What people did to its Lease: see `#isExcused`. */
  meddling: 'none' | 'deleted' | 'edited'
}

/** Milliseconds: a shorter suspend is hidden by the steps of the boot-time clock, where the wall clock is set back too. */
const HIDDEN_SUSPEND = 41

/** A loop without a wait sends more than the budget within this many milliseconds. */
const BUDGET_WINDOW = 10_000

export class Referee implements ProcessObserver {
  readonly violations: string[] = []
  readonly trace: string[] = []
  termsLed = 0
  requests = 0
  readonly #plan: Plan
  readonly #world: World
  readonly #isTracing: boolean
  readonly #terms = new Map<string, Term>()
  readonly #processes = new Map<string, ProcessModel>()
  readonly #sentTimes = new Map<ProcessModel, number[]>()
  /** The term of the Lease as it is; undefined where nobody holds it. */
  #present: Term | undefined
  /** When the Lease last changed in a way that others count from: true time. */
  #changedAt = 0
  /** What the Lease was like since a candidate wrote it last, and since when. */
  readonly #contents = new Map<string, number>()
  #lastWritten: Term | undefined
  #highestToken = 0n
  /** The last term that there was, whatever became of it. */
  #lastTerm: Term | undefined
  readonly #conduct: Conduct
  /** Whether there is a pod of this uid: the cluster knows. */
  podExists: (uid: string) => boolean = () => true

  constructor(plan: Plan, world: World, { isTracing }: { isTracing: boolean }) {
    this.#plan = plan
    this.#world = world
    this.#isTracing = isTracing
    this.#conduct = new Conduct(
      world,
      (text) => this.violate(text),
      ({ incarnation }) => this.#present?.by === incarnation,
    )
  }

  /** By RBAC, on a cluster that enforces it. */
  maySetOwners(by: string): boolean {
    return !this.#plan.enforcesOwners || this.#processes.get(by)?.plan.mayDelete !== false
  }

  say(text: string | (() => string)): void {
    if (!this.#isTracing) return
    const time = (this.#world.now / 1000).toFixed(3).padStart(8)
    this.trace.push(`${time} s  ${typeof text === 'string' ? text : text()}`)
  }

  violate(text: string): void {
    this.say(`VIOLATION: ${text}`)
    this.violations.push(text)
  }

  /** Who leads by its own view, and whether that may be. */
  check(processes: Iterable<ProcessModel>): void {
    let other: { process: ProcessModel; token: string } | undefined
    for (const process of processes) {
      const token = process.leadsWith
      if (token === undefined) continue
      this.#checkValidity(process)
      if (other?.process.incarnation === process.incarnation) this.#checkCopies(other.process, process)
      else if (
        other &&
        !this.#isExcused(other.token) &&
        !this.#isExcused(token) &&
        !isCopyBeside(other.process, process)
      ) {
        this.violate(`${other.process.incarnation} and ${process.incarnation} lead at once`)
      }
      if (!other || this.#isExcused(other.token)) other = { process, token }
    }
  }

  started(process: ProcessModel): void {
    this.#processes.set(process.incarnation, process)
    this.#conduct.started(process)
    this.say(() => `${process.incarnation} starts${process.podUid ? ` in ${process.podUid}` : ''}`)
  }

  copied(process: ProcessModel): void {
    this.#conduct.started(process)
    this.say(() => `${process.incarnation} becomes two`)
  }

  ended(process: ProcessModel, error: unknown): void {
    this.#conduct.ended(process, error)
    this.say(() => `${process.incarnation} ends${error ? `: ${(error as Error).message}` : ''}`)
  }

  sending(process: ProcessModel, request: SentRequest): void {
    const { verb, kind } = request
    this.requests += 1
    this.#checkBudget(process)
    this.#conduct.sending(process, request)
    if (kind === 'release' && process.work && this.#plan.term === 'renewable') {
      this.violate(`${process.incarnation} releases while its work still runs`)
    }
    if (kind !== undefined && process.isWriteUnclear) {
      this.violate(`${process.incarnation} sends a ${verb} though it does not know what became of its last write`)
    }
    if (verb === 'create' && process.leadsWith !== undefined) {
      this.violate(`${process.incarnation} creates the Lease anew while it leads`)
    }
    if (verb === 'get') process.isWriteUnclear = false
  }

  settled(process: ProcessModel, request: SentRequest, status: number): void {
    const { verb, kind } = request
    this.#conduct.settled(process, request, status)
    this.say(() => `${process.incarnation} ${verb}${kind ? ` (${kind})` : ''}: ${status || 'no answer'}`)
  }

  watchOpened(process: ProcessModel): void {
    this.say(() => `${process.incarnation} watches`)
    this.#conduct.watchOpened(process)
  }

  emitted(process: ProcessModel, event: ElectionEmitted): void {
    this.#conduct.emitted(process, event)
    if (event.type !== 'reporting') this.say(() => `${process.incarnation} emits ${event.type}`)
  }

  leading(process: ProcessModel, fencingToken: bigint): void {
    const term = this.#terms.get(String(fencingToken))
    if (term?.by !== process.incarnation) {
      const { incarnation } = process
      this.violate(`${incarnation} leads with the token ${fencingToken}, which is no write of its own that acquired`)
      return
    }
    if (fencingToken <= this.#highestToken && term.meddling === 'none') {
      this.violate(`${process.incarnation} leads with the token ${fencingToken}, though ${this.#highestToken} has led`)
    }
    if (fencingToken > this.#highestToken) this.#highestToken = fencingToken
    this.termsLed += 1
    if (process.work) this.violate(`${process.incarnation} begins a term while the work of an earlier one still runs`)
  }

  lost(process: ProcessModel, reason: LossReason): void {
    this.say(() => `${process.incarnation} loses: ${describeLoss(reason)}`)
    this.#conduct.lost(process, reason)
    const term = this.#terms.get(process.heldToken!)
    if (reason.kind === 'takenOver' || reason.kind === 'leaseDeleted' || reason.kind === 'duplicateIdentity') {
      if (term && term === this.#present && term.meddling === 'none' && process.copiedAt === undefined) {
        this.violate(`${process.incarnation} gives up because ${describeLoss(reason)}, which is not so`)
      }
    }
  }

  unconditional({ by, verb }: Unconditional): void {
    this.violate(`${by} sends a ${verb} without preconditions`)
  }

  committed({ by, kind, before, after }: Commit): void {
    this.say(() => `  the Lease: ${kind} by ${by}: ${describe(after)}`)
    const process = this.#processes.get(by)
    if (kind !== 'renew') this.#conduct.handedOver()
    // Who has handed it back may remove it, while nobody holds it.
    const isTidying = kind === 'release' && !after && before?.holder === undefined
    if (by === COLLECTOR) this.#checkCollection()
    if (kind === 'edit') this.#meddle(before!, after)
    else if (kind === 'acquire') this.#acquire(by, process, before, after!)
    else if (process && this.#present?.by !== by && !isTidying) {
      this.violate(`${by} ${kind === 'renew' ? 'renews' : 'releases'} the Lease of ${this.#present?.by ?? 'nobody'}`)
    }
    // One of two copies gives back what the other believes to have, until it hears of it: by the watch, or when it renews.
    if (kind === 'release' && this.#present && process?.copiedAt !== undefined) this.#present.meddling = 'edited'
    if (kind === 'release') this.#present = undefined
    this.#noteChange(kind, after)
  }

  /** Who edits a Lease back to what it was does not renew it: others count from when it first was like that. */
  #noteChange(kind: WriteKind, after: LeaseRecord | undefined): void {
    const { now } = this.#world
    if (kind !== 'edit') this.#contents.clear()
    const { holder, leaseDuration, acquireTime, renewTime, incarnation, uid } = after ?? {}
    const content = JSON.stringify([uid, holder, leaseDuration, acquireTime, renewTime, incarnation])
    this.#changedAt = this.#contents.get(content) ?? now
    this.#contents.set(content, this.#changedAt)
  }

  written(by: string, fencingToken: bigint, isAccepted: boolean): void {
    const term = this.#terms.get(String(fencingToken))
    if (!isAccepted || !term) return
    if (this.#lastWritten && term.number < this.#lastWritten.number) {
      this.violate(`the resource accepts a write of ${by}, whose term is over, after one of ${this.#lastWritten.by}`)
    }
    this.#lastWritten = term
  }

  /** The history is over: what must have come about by now. */
  finish(processes: readonly ProcessModel[], calm: number): void {
    const leaders = processes.filter(({ leadsWith }) => leadsWith !== undefined)
    if (leaders.length !== 1) {
      const states = processes.map(({ incarnation, state }) => `${incarnation} ${state}`)
      this.violate(`${leaders.length} leaders after ${Math.round(calm)} ms of calm: ${states.join(', ')}`)
    }
    const lingering = processes.find(({ isAskedToStop }) => isAskedToStop)
    if (lingering) this.violate(`${lingering.incarnation} was asked to stop, and has not ended`)
  }

  #acquire(by: string, process: ProcessModel | undefined, before: LeaseRecord | undefined, after: LeaseRecord): void {
    if (before) this.#checkTakeover(by, process, before)
    // A newcomer can't know that somebody still believes in a Lease that is gone.
    const deprived = this.#lastTerm
    if (!before && deprived?.meddling === 'deleted' && !process?.seenTerms.has(deprived.key))
      deprived.meddling = 'edited'
    const token = after.resourceVersion
    this.#present = { token, by, number: this.#terms.size, key: termKey(after), meddling: 'none' }
    this.#lastTerm = this.#present
    this.#terms.set(token, this.#present)
  }

  #meddle(before: LeaseRecord, after: LeaseRecord | undefined): void {
    if (!this.#present) return
    if (!after) {
      if (this.#present.meddling === 'none') this.#present.meddling = 'deleted'
      this.#present = undefined
    } else if (
      after.holder !== before.holder ||
      (after.leaseDuration ?? 0) < (before.leaseDuration ?? 0) ||
      this.#plan.maxClockSkew !== undefined
    ) {
      this.#present.meddling = 'edited'
      if (after.holder !== before.holder) this.#present = undefined
    }
  }

  #checkCollection(): void {
    const holder = this.#processes.get(this.#present?.by ?? '')
    // Who may not give the Lease an owner has to leave it the one that it has.
    if (holder && !this.maySetOwners(holder.incarnation)) return
    if (holder?.isAlive && holder.podUid && this.podExists(holder.podUid)) {
      this.violate(`the Lease of ${holder.incarnation} goes with the pod of another one`)
    }
  }

  #checkTakeover(by: string, taker: ProcessModel | undefined, before: LeaseRecord): void {
    if (!taker || before.holder === undefined || this.#plan.maxClockSkew !== undefined) return
    const isSamePod = taker.podUid !== undefined && before.owners.some(({ uid }) => uid === taker.podUid)
    const isSameProcess = before.holder === taker.identity && before.incarnation === taker.writesAs
    if ((before.holder === taker.identity && isSamePod) || isSameProcess) return
    const unchangedFor = (this.#world.now - this.#changedAt) * taker.clock.rate
    const duration = before.leaseDuration ?? taker.plan.leaseDuration
    if (unchangedFor < duration - 1) {
      this.violate(`${by} takes over from ${before.holder} after ${Math.round(unchangedFor)} of ${duration} ms`)
    }
  }

  /**
   * Two of one process can't but believe at once, until one sees what the other has written. It does at its next renewal
   * where it is answered, and no longer than its deadline where it is not; but where both wrote the same time, to the
   * millisecond, it does at the one after.
   */
  #checkCopies(one: ProcessModel, other: ProcessModel): void {
    const since = Math.max(one.copiedAt!, one.lastTroubleAt, other.lastTroubleAt)
    const elapsed = (this.#world.now - since) * Math.min(one.clock.rate, other.clock.rate)
    if (!one.isWell || !other.isWell || elapsed <= one.plan.renewDeadline + one.plan.interval + 1) return
    this.violate(`both copies of ${one.incarnation} lead, ${Math.round(elapsed)} ms after it became two`)
  }

  #checkValidity(process: ProcessModel): void {
    const age = (this.#world.now - process.lastWriteSentAt) * process.clock.rate
    if (
      age >
      process.plan.renewDeadline + (process.plan.hasBootClock || process.plan.canBeSuspended ? HIDDEN_SUSPEND : 1)
    ) {
      this.violate(
        `${process.incarnation} says that it leads ${Math.round(age)} ms after the last sending that succeeded; ` +
          `its deadline is ${process.plan.renewDeadline} ms`,
      )
    }
  }

  /**
   * Whether it is nobody's fault that the leader of this term believes while another leads. Where its Lease was edited by
   * hand, its holder blanked or its duration shortened, or a copy of its leader gave it back, everybody may claim. Where
   * the Lease is gone, candidates for life claim at once, since the garbage collector removes it with a dead pod; others
   * only if they never saw that term.
   */
  #isExcused(token: string): boolean {
    const term = this.#terms.get(token)
    if (term?.meddling === 'edited') return true
    return term?.meddling === 'deleted' && this.#plan.term === 'life'
  }

  #checkBudget(process: ProcessModel): void {
    const { now } = this.#world
    const times = this.#sentTimes.get(process) ?? []
    this.#sentTimes.set(process, times)
    times.push(now)
    while (times[0]! < now - BUDGET_WINDOW) times.shift()
    // Three polls an interval without a watch; failures, conflicts and hand-overs come on top.
    const budget = Math.ceil((3 * BUDGET_WINDOW) / (process.plan.interval / process.clock.rate)) + 30
    if (times.length === budget + 1) {
      this.violate(`${process.incarnation} sends more than ${budget} requests within ${BUDGET_WINDOW / 1000} s`)
    }
  }
}

/** A restarted container leads at once beside the copy of its earlier self: its pod is the same. The copy then loses. */
function isCopyBeside(one: ProcessModel, other: ProcessModel): boolean {
  return one.identity === other.identity && (one.copiedAt !== undefined || other.copiedAt !== undefined)
}

function describe(record: LeaseRecord | undefined): string {
  if (!record) return 'gone'
  const { resourceVersion, holder, leaseDuration, renewTime } = record
  return `version ${resourceVersion}, holder ${holder ?? 'nobody'}, ${leaseDuration} ms, renewed ${renewTime}`
}
