/**
 * One election with the real services, client-node and the embedded server over HTTP, led along the paths of the model:
 * what the model says should happen next is forced on the real thing, and the next step is planned from wherever that
 * has brought it.
 */
import { type AnyActorRef, createActor, fromPromise, type InspectionEvent } from 'xstate'
import { createElectionMachine, type ElectionActor, type ElectionInput } from '../../src/index.ts'
import { createElectionActors } from '../../src/kubernetes/election-services.ts'
import { KubernetesLeaseApi } from '../../src/kubernetes/lease-api.ts'
import { buildStatechart } from '../../src/statechart/machine.ts'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { LEASE } from '../support/cluster.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { transitionsOf } from './declared.ts'
import { eventually } from './eventually.ts'
import { force } from './forcing.ts'
import { Gate } from './gate.ts'
import { type Happening, IDENTITY, INCARNATION } from './happenings.ts'
import type { HeldRequest } from './held-request.ts'
import { putLease } from './lease-on-server.ts'
import { essenceOf, type Model, type Step } from './model.ts'

/** A service that lives as long as its state, replaced by one that ends when it is told to. */
export type Replaced = 'watch' | 'clock' | undefined

/** Steps after which a replay is lost: several times what the longest path of the model has. */
const MOST_STEPS = 60

/** Happenings that take time, in which another timer may be earlier than the model knows. All others lead where it says. */
const TAKE_TIME: ReadonlySet<Happening['kind']> = new Set([
  'timer',
  'clockDoubted',
  'watchOpened',
  'watchOpenedLate',
  'watchInterrupted',
])

/** The ids of the services that send one request. */
const REQUESTS = ['read', 'claim', 'renew', 'verify', 'release', 'look']

export class Replay implements AsyncDisposable {
  readonly server: LeaseServer
  readonly gate: Gate
  readonly clock = new ManualClock()
  readonly actor: ElectionActor
  /** Every transition that was taken. */
  readonly taken = new Set<string>()
  /** How the replaced service ends. */
  readonly ending = Promise.withResolvers<void>()
  /** What the next draws of jitter give; none is left otherwise. */
  draws: number[] = []
  readonly #model: Model
  readonly #received = new Map<string, number>()
  readonly #trail: string[] = []
  /** The request that the running service has sent. */
  #current: { readonly service: AnyActorRef; readonly request: HeldRequest } | undefined
  readonly #release: () => void

  /** A candidate that has opened its watch and is about to read the Lease, of which there is none. */
  static async start(model: Model, replaced?: Replaced): Promise<Replay> {
    const server = await startLeaseServer({ tls: false })
    const replay = new Replay(server, await Gate.before(server), model, replaced)
    // An earlier Lease, already gone: what the watch tells of it too late is older than anything else.
    putLease(server, 'held')
    replay.actor.start()
    if (replaced !== 'watch') {
      await eventually('the first watch', () => replay.gate.watch)
      await replay.receives('watchOpened', () => replay.gate.openWatch())
      await eventually('the line of the earlier lease', () => replay.gate.lines[0])
    }
    server.leases.delete(LEASE)
    await replay.rest()
    return replay
  }

  private constructor(server: LeaseServer, gate: Gate, model: Model, replaced: Replaced) {
    this.server = server
    this.#model = model
    this.gate = gate
    const { machine, release } = this.#machine(replaced)
    this.#release = release
    this.actor = createActor(machine, {
      input: inputOf(server, model),
      clock: this.clock,
      inspect: (event) => this.#inspect(event),
    })
    this.actor.subscribe({ error: () => {} }) // `lost` and `failed` are transitions like others here
  }

  #machine(replaced: Replaced) {
    // Without jitter, and with a watch that is opened again at once.
    const options = {
      kubeConfig: this.gate.kubeConfig(IDENTITY),
      clock: this.clock,
      random: () => this.draws.shift() ?? 0,
    }
    if (replaced === undefined) return { machine: createElectionMachine(options), release: () => {} }
    const api = new KubernetesLeaseApi(options)
    const ending = fromPromise(() => this.ending.promise) as never
    const name = replaced === 'watch' ? 'watchLease' : 'watchClock'
    const actors = { ...createElectionActors({ api, ...options }), [name]: ending }
    // The watch keeps the connections while the election lives; where it is replaced, somebody else has to.
    return { machine: buildStatechart(options).provide({ actors }), release: api.acquire() }
  }

  #inspect(event: InspectionEvent): void {
    if (event.actorRef !== (this.actor as unknown)) return
    for (const transition of transitionsOf(event)) this.taken.add(transition)
    if (event.type === '@xstate.event') this.#received.set(event.event.type, this.received(event.event.type) + 1)
  }

  get snapshot() {
    return this.actor.getSnapshot()
  }

  get essence(): string {
    return essenceOf(this.snapshot)
  }

  /** Milliseconds on the monotonic clock. */
  get now(): number {
    return this.clock.now().monotonic
  }

  /** The request that waits at the gate. */
  get request(): HeldRequest | undefined {
    return this.#current?.request
  }

  /** Lets it go, and waits until the machine has received its result; false where there is none. */
  async answer(): Promise<boolean> {
    if (!this.#current) return false
    const { service, request } = this.#current
    const results = () =>
      this.received(`xstate.done.actor.${service.id}`) + this.received(`xstate.error.actor.${service.id}`)
    const before = results()
    await request.letGo()
    await eventually(`the result of ${service.id}`, () => results() > before)
    return true
  }

  /** How many events of this type the machine has received. */
  received(type: string): number {
    return this.#received.get(type) ?? 0
  }

  /** Does it, and waits until the machine has received an event of this type. */
  async receives(type: string, act: () => unknown): Promise<void> {
    const before = this.received(type)
    await act()
    await eventually(type, () => this.received(type) > before)
  }

  /** Waits until what the machine has asked for has arrived at the gate, and what it gave up has left it. */
  async rest(): Promise<void> {
    await eventually('the machine and the gate to agree', () => {
      const service = this.#service
      const [request, ...others] = this.gate.requests
      if (!service) this.#current = undefined
      if (!service || !request || others.length > 0) return !service && !request
      // One that was given up, and whose end has not come through yet.
      if (this.#current?.request === request && this.#current.service !== service) return false
      this.#current = { service, request }
      return true
    })
  }

  /** The running service that asks for one thing: the machine has one of them at a time. */
  get #service(): AnyActorRef | undefined {
    const { children, status } = this.snapshot
    if (status !== 'active') return undefined
    const services = REQUESTS.map((id) => (children as Record<string, AnyActorRef | undefined>)[id])
    return services.find((service) => service?.getSnapshot().status === 'active')
  }

  /** Makes it happen to the real thing; false where that can't be done from here. */
  async force(happening: Happening): Promise<boolean> {
    this.#trail.push(JSON.stringify(happening))
    const isDone = await force(this, happening)
    await this.rest()
    return isDone
  }

  /**
   * Follows the model to the transition. A step that can't be forced, or twice led elsewhere than the model says because
   * another timer was earlier, is avoided from then on.
   */
  async take(transition: string): Promise<void> {
    const misses = new Map<string, number>()
    for (let steps = 0; !this.taken.has(transition); steps += 1) {
      const from = this.essence
      const [step] = this.#model.path(from, transition, (...way) => (misses.get(wayName(...way)) ?? 0) < 2) ?? []
      if (!step || steps > MOST_STEPS || this.snapshot.status !== 'active')
        throw this.#failure(`no way to ${transition}`)
      const isDone = await this.force(step.happening)
      if (isDone && this.essence === step.to) continue
      if (isDone && !TAKE_TIME.has(step.happening.kind))
        throw this.#failure(`the model says that it comes to ${step.to}`)
      const way = wayName(from, step)
      misses.set(way, (misses.get(way) ?? 0) + (isDone ? 1 : 2))
    }
  }

  #failure(what: string): Error {
    return new Error([what, `it is in ${this.essence}, after`, ...this.#trail].join('\n'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.actor.stop()
    this.#release()
    await this.gate[Symbol.asyncDispose]()
    await this.server.close()
  }
}

function wayName(from: string, { happening }: Step): string {
  return `${from} ${JSON.stringify(happening)}`
}

function inputOf(server: LeaseServer, { term, endAfterRetries }: Model): ElectionInput {
  const { identity, namespace, owner } = server.pod(IDENTITY)
  return {
    leaseName: LEASE,
    identity,
    namespace,
    owner,
    incarnation: INCARNATION,
    term,
    endAfterRetries,
    preset: 'client-go',
  }
}
