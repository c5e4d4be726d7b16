/** A process of an application: the election that ships, the work it does while it leads, and its own clocks. */
import { type ActorOptions, createActor, type Snapshot, type SnapshotFrom } from 'xstate'
import { type ElectionActor, isLeading, validityNow } from '../../src/election-machine.ts'
import type { LeaseRecord } from '../../src/lease/record.ts'
import type { LossReason } from '../../src/lease/tenure.ts'
import type { ElectionEmitted, ElectionInput } from '../../src/statechart/types.ts'
import { Random } from '../support/random.ts'
import { type ClientObserver, clientModel, type GivenUp, type SentRequest } from './client-model.ts'
import { ClockModel } from './clock-model.ts'
import { ConnectionModel } from './connection-model.ts'
import { startCopy, TimerBook } from './copying.ts'
import { borrowMachine, type Machine } from './machine-pool.ts'
import type { Network } from './network.ts'
import type { CandidatePlan } from './plan.ts'
import type { ResourceModel } from './resource-model.ts'
import type { ServerModel } from './server-model.ts'
import type { World } from './world.ts'

export interface ProcessObserver {
  sending(process: ProcessModel, request: SentRequest): void
  settled(process: ProcessModel, request: SentRequest, status: number): void
  emitted(process: ProcessModel, event: ElectionEmitted): void
  watchOpened(process: ProcessModel): void
  lost(process: ProcessModel, reason: LossReason): void
  leading(process: ProcessModel, fencingToken: bigint): void
}

export interface ProcessOptions {
  readonly world: World
  readonly server: ServerModel
  readonly resource: ResourceModel
  readonly network: Network
  readonly observer: ProcessObserver
  /** It ended by itself. */
  readonly onEnd: (process: ProcessModel, error: unknown) => void
  readonly plan: CandidatePlan
  readonly input: ElectionInput & { readonly incarnation: string }
  /** It begins with what an earlier process had persisted. */
  readonly persisted?: Snapshot<unknown> | undefined
  /** It begins as a copy of a process that runs. */
  readonly copyOf?: ProcessModel | undefined
  readonly seed: number
  readonly calmFrom: number
}

export class ProcessModel implements ClientObserver {
  readonly incarnation: string
  readonly identity: string
  readonly podUid: string | undefined
  /** It leads for life: without an owner nobody would take over. */
  readonly needsOwner: boolean
  readonly plan: CandidatePlan
  readonly clock: ClockModel
  /** Terms whose Lease it has seen, by `termKey`. */
  readonly seenTerms = new Set<string>()
  isAlive = true
  /** The term its work was begun under. */
  work: { readonly fencingToken: bigint; isAskedToStop: boolean } | undefined
  /** When it sent the last write of its term that it knows to have succeeded: true time. */
  lastWriteSentAt = Number.NEGATIVE_INFINITY
  /** When something last went wrong for it: true time. */
  lastTroubleAt = Number.NEGATIVE_INFINITY
  /** A write was sent and it does not know what became of it. */
  isWriteUnclear = false
  isAskedToStop = false
  /** When it became two, where it did: true time. */
  copiedAt: number | undefined
  /** It has followed or led. */
  hasStood = false
  /** The request that it waits for. */
  #underWay: SentRequest | undefined
  readonly #tolerated: number
  readonly #connection: ConnectionModel | undefined
  readonly #options: ProcessOptions
  readonly #random: Random
  #actor!: ElectionActor
  readonly #timers: TimerBook
  readonly #machine: Machine
  readonly #prepare: (actor: ElectionActor) => void
  readonly #giveMachineBack: () => void

  constructor(options: ProcessOptions) {
    const { world, plan, input, network, server, seed, calmFrom, onEnd } = options
    this.#options = options
    this.incarnation = input.incarnation
    this.identity = input.identity!
    this.podUid = input.owner?.uid
    this.needsOwner = input.term === 'life'
    this.plan = plan
    this.#random = Random.of(seed, this.incarnation)
    const { copyOf } = options
    const wall = 1_700_000_000_000 + world.now + plan.wallOffset
    const hasBoot = plan.hasBootClock
    this.clock = copyOf ? copyOf.clock.copy() : new ClockModel(world, { rate: plan.rate, wall, hasBoot })
    const random = this.#random
    this.#tolerated = toleratedRoundTrip(plan)
    const tolerated = this.#tolerated
    const { clock } = this
    if (plan.otherElections > 0) {
      this.#connection = new ConnectionModel(world, clock, network, Random.of(seed, `others of ${this.incarnation}`))
    }
    const connection = this.#connection
    const api = clientModel(this.incarnation, this, {
      connection,
      world,
      server,
      network,
      clock,
      random,
      tolerated,
      calmFrom,
    })
    // A stream of its own: how often it waits does not change what the network does to it.
    const jitter = Random.of(seed, `jitter of ${this.incarnation}`)
    const { machine, giveBack } = borrowMachine({ api, clock: this.clock, random: () => jitter.next() })
    this.#giveMachineBack = giveBack
    this.#timers = new TimerBook(this.clock)
    if (copyOf) {
      this.work = copyOf.work && { ...copyOf.work }
      this.lastWriteSentAt = copyOf.lastWriteSentAt
      this.isWriteUnclear = copyOf.isWriteUnclear
      this.copiedAt = world.now
      copyOf.copiedAt = world.now
    }
    const ended = (error?: unknown) => {
      if (this.isAlive) onEnd(this, error)
    }
    const next = ({ value }: SnapshotFrom<typeof machine>) => {
      if (typeof value === 'object' && 'observing' in value && value.observing === 'following') this.hasStood = true
    }
    this.#prepare = (actor) => {
      this.#actor = actor
      actor.on('*', (event) => this.#emitted(event))
      actor.subscribe({ next, error: ended, complete: () => ended() })
    }
    this.#machine = machine
  }

  start(): void {
    const { copyOf, persisted, input } = this.#options
    this.#connection?.share(this.plan.otherElections)
    const options = { input, clock: this.#timers, ...(persisted && { snapshot: persisted }) }
    if (copyOf) startCopy(copyOf.#actor, copyOf.#timers, this.#machine, options, this.#prepare)
    else {
      const actor = createActor(this.#machine, options as ActorOptions<Machine>)
      this.#prepare(actor)
      actor.start()
    }
  }

  /** A second one, as it is now, on a machine of its own; undefined while that is too much to copy: a request, a pause. */
  copy(network: Network): ProcessModel | undefined {
    if (this.isBusy || this.clock.standsStill || this.copiedAt !== undefined) return undefined
    return new ProcessModel({ ...this.#options, persisted: undefined, network, copyOf: this })
  }

  /** What an application may store of it. */
  persist(): Snapshot<unknown> {
    return JSON.parse(JSON.stringify(this.#actor.getPersistedSnapshot()))
  }

  /** The token of the term that it says, at this instant, it leads. One that stands still could ask when it goes on. */
  get leadsWith(): string | undefined {
    const snapshot = this.#actor.getSnapshot()
    const { value } = snapshot
    if (!this.isAlive || typeof value === 'string' || !('leading' in value)) return undefined
    return isLeading(snapshot, this.clock.now()) ? snapshot.context.tenure!.fencingToken : undefined
  }

  get state(): string {
    return JSON.stringify(this.#actor.getSnapshot().value).replaceAll('"', '')
  }

  /** The incarnation that it writes: what is restored draws its own. */
  get writesAs(): string {
    return this.#actor.getSnapshot().context.settings.incarnation
  }

  get heldToken(): string | undefined {
    return this.#actor.getSnapshot().context.tenure?.fencingToken
  }

  /** SIGTERM: it stops in order. */
  stop(): void {
    this.isAskedToStop = true
    this.clock.deliver(() => this.#actor.send({ type: 'stop' }))
  }

  stepDown(cooldown: number): void {
    this.clock.deliver(() => this.#actor.send({ type: 'stepDown', cooldown }))
  }

  /** SIGKILL. */
  kill(): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.work = undefined
    this.clock.end()
    this.#actor.stop()
    this.#connection?.end()
    this.#giveMachineBack()
  }

  trouble(): void {
    this.lastTroubleAt = this.#options.world.now
  }

  /** Nothing is wrong between it and the server. */
  get isWell(): boolean {
    const { network, server } = this.#options
    return network.isCalm && !server.isLimited
  }

  /** A request is under way. */
  get isBusy(): boolean {
    return this.#underWay !== undefined
  }

  get isWatching(): boolean {
    return this.#actor.getSnapshot().context.streamStands
  }

  /** An answer takes longer than its timing allows for. */
  get isKeptWaiting(): boolean {
    return this.#underWay !== undefined && this.#options.world.now - this.#underWay.sentAt > this.#tolerated
  }

  watchOpened(): void {
    this.#options.observer.watchOpened(this)
  }

  sending(request: SentRequest): void {
    this.#underWay = request
    this.#options.observer.sending(this, request)
  }

  settled(request: SentRequest, status: number, givenUp?: GivenUp): void {
    const took = this.#options.world.now - request.sentAt
    // After a conflict there is a look and another write.
    if (took > this.#tolerated || (status === 409 && 3 * took > this.#tolerated)) this.trouble()
    this.#underWay = undefined
    const isWrite = request.kind !== undefined
    if (status === 200) {
      this.isWriteUnclear = false
      if (request.kind === 'acquire' || request.kind === 'renew') this.lastWriteSentAt = request.sentAt
    } else if (status !== 404 && status !== 409) {
      // What it was too impatient for is no excuse.
      if (givenUp !== 'early') this.trouble()
      if (isWrite && status !== 429 && status !== 401 && status !== 403) this.isWriteUnclear = true
    }
    this.#options.observer.settled(this, request, status)
  }

  received(record: LeaseRecord): void {
    this.seenTerms.add(termKey(record))
  }

  #emitted(event: ElectionEmitted): void {
    if (!this.isAlive) return
    const { observer } = this.#options
    observer.emitted(this, event)
    switch (event.type) {
      case 'leading':
        this.hasStood = true
        observer.leading(this, event.fencingToken)
        this.#beginWork(event.fencingToken)
        break
      case 'lost':
        observer.lost(this, event.reason)
        this.#askWorkToStop()
        break
      case 'draining':
      case 'released':
        this.#askWorkToStop()
        break
    }
  }

  #beginWork(fencingToken: bigint): void {
    const work = { fencingToken, isAskedToStop: false }
    this.work = work
    // A leader for life is not awaited: it works until its process ends.
    if (this.#actor.getSnapshot().context.settings.term === 'renewable') this.#actor.send({ type: 'workStarted' })
    const step = () => {
      if (this.work !== work || work.isAskedToStop) return
      this.#writeIfLeading(fencingToken)
      this.clock.setTimeout(step, this.plan.interval * this.#random.between(0.2, 0.6))
    }
    step()
  }

  #askWorkToStop(): void {
    const { work } = this
    if (!work || work.isAskedToStop) return
    work.isAskedToStop = true
    this.clock.setTimeout(() => {
      if (this.work === work) this.work = undefined
      this.#actor.send({ type: 'workEnded' })
    }, this.plan.workStopsIn)
  }

  /** As an application does: asks whether it leads, and a moment later what it writes arrives at the resource. */
  #writeIfLeading(fencingToken: bigint): void {
    const snapshot = this.#actor.getSnapshot()
    const validity = validityNow(snapshot, this.clock.now())
    if (validity === 'inDoubt') this.#actor.send({ type: 'clockDoubted' })
    if (validity !== 'valid') return
    const { world, resource } = this.#options
    world.after(this.#random.magnitude(1, 5_000), () => resource.write(this.incarnation, fencingToken))
  }
}

/**
 * Milliseconds of true time in which every request has to be answered for a leader to be sure of its term, even where that
 * changes at a stroke: two in a row have to fit in between a renewal and the deadline, and one in half of what the deadline
 * leaves after one that took as long.
 */
function toleratedRoundTrip({ renewDeadline, interval, rate }: CandidatePlan): number {
  return (0.95 * Math.min((renewDeadline - interval) / 2, (renewDeadline + interval) / 4)) / rate
}

/** Tells terms of a Lease apart, by what every observer sees of them. */
export function termKey({ uid, holder, acquireTime }: LeaseRecord): string {
  return `${uid} ${holder} ${acquireTime}`
}
