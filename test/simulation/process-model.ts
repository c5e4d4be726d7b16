/** A process with an election in it: the machine that ships, its own clocks, and a network that may lose what it sends. */
import { createActor } from 'xstate'
import type { Clock, Instant } from '../../src/clock.ts'
import { createElectionActors } from '../../src/election.actors.ts'
import { buildStatechart } from '../../src/election.machine.ts'
import type { ElectionActor } from '../../src/election.ts'
import { isLeading } from '../../src/election.ts'
import { type ApiRequest, ConflictError, TransientApiError } from '../../src/errors.ts'
import type { CallOptions, LeaseApi } from '../../src/kubernetes/lease-api.ts'
import type { ElectionInput } from '../../src/options.ts'
import type { Outcome, ServerModel, Told } from './server-model.ts'
import type { World } from './world.ts'

/** How the network treats a process at the moment. */
export interface Network {
  /** Milliseconds one way, at most. */
  latency: number
  requestLoss: number
  responseLoss: number
  /** Probability that a request is carried out only much later. */
  lateCommit: number
  /** The API server answers 503. */
  isAway: boolean
  isSilent: boolean
}

export const CALM: Network = {
  latency: 20,
  requestLoss: 0,
  responseLoss: 0,
  lateCommit: 0,
  isAway: false,
  isSilent: false,
}

const chart = buildStatechart()

export class ProcessModel implements Clock {
  readonly name: string
  network: Network = { ...CALM }
  /** Its machine can be suspended; otherwise its wall clock can be set back. */
  readonly canBeSuspended: boolean
  readonly #world: World
  readonly #server: ServerModel
  readonly #input: ElectionInput
  readonly #rate: number
  readonly #onLeading: (token: bigint) => void
  #actor: ElectionActor | undefined
  #generation = 0
  /** Monotonic and wall clock at a moment of true time, from which they go on. */
  #base = { at: 0, monotonic: 1_000, wall: 1_700_000_000_000 }
  #isPaused = false
  #isSuspended = false
  #waiting: (() => void)[] = []

  constructor(
    world: World,
    server: ServerModel,
    input: ElectionInput,
    rate: number,
    onLeading: (token: bigint) => void,
  ) {
    this.name = input.identity!
    this.#world = world
    this.#server = server
    this.#input = input
    this.#rate = rate
    this.#onLeading = onLeading
    this.#base.wall += world.between(-1e9, 1e9)
    this.canBeSuspended = world.chance(0.5)
  }

  /** By its own view, at this instant. A process that is paused could ask at the instant it wakes. */
  get leads(): boolean {
    return this.#actor !== undefined && isLeading(this.#actor.getSnapshot(), this.now())
  }

  get isRunning(): boolean {
    return this.#actor?.getSnapshot().status === 'active'
  }

  get state(): string {
    return this.#actor ? JSON.stringify(this.#actor.getSnapshot().value) : 'down'
  }

  start(): void {
    this.#generation += 1
    const generation = this.#generation
    const actors = createElectionActors({ api: this.#api(generation), clock: this.#clockOf(generation) })
    const machine = chart.provide({
      actors,
      delays: { claimJitter: () => this.#world.between(0, 50) },
    })
    const actor: ElectionActor = createActor(machine, {
      input: { ...this.#input, incarnation: `${this.name}-${generation}` },
      clock: this.#clockOf(generation),
    })
    actor.on('leading', ({ fencingToken }) => this.#onLeading(fencingToken))
    // For life, a loss ends the process, and the kubelet starts it again.
    actor.subscribe({ error: () => this.#world.after(1_000, () => generation === this.#generation && this.start()) })
    this.#actor = actor
    actor.start()
  }

  crash(): void {
    this.#generation += 1
    this.#actor?.stop()
    this.#actor = undefined
    this.#waiting = []
    this.resume()
  }

  pause(): void {
    this.#isPaused = true
  }

  /** As a pause, but the monotonic clock stands still too. */
  suspend(): void {
    this.#rebase()
    this.#isPaused = true
    this.#isSuspended = true
  }

  resume(): void {
    this.#rebase()
    this.#isPaused = false
    this.#isSuspended = false
    for (const run of this.#waiting.splice(0)) run()
  }

  stepWall(milliseconds: number): void {
    this.#base.wall += milliseconds
  }

  now(): Instant {
    const elapsed = (this.#world.now - this.#base.at) * this.#rate
    return {
      monotonic: this.#base.monotonic + (this.#isSuspended ? 0 : elapsed),
      wall: this.#base.wall + elapsed,
    }
  }

  setTimeout(callback: () => void, delay: number): unknown {
    return this.#clockOf(this.#generation).setTimeout(callback, delay)
  }

  clearTimeout(timer: unknown): void {
    ;(timer as { cancel(): void }).cancel()
  }

  #rebase(): void {
    this.#base = { at: this.#world.now, ...this.now() }
  }

  /** What happens to a process waits while it stands still, and is lost when it has ended. */
  #deliver(generation: number, run: () => void): void {
    if (generation !== this.#generation) return
    if (this.#isPaused) this.#waiting.push(() => this.#deliver(generation, run))
    else run()
  }

  #clockOf(generation: number): Clock {
    return {
      now: () => this.now(),
      setTimeout: (callback, delay) => {
        const due = this.now().monotonic + delay
        let isCancelled = false
        let disarm = () => {}
        const fire = () => {
          if (isCancelled) return
          if (this.now().monotonic + 1e-6 < due) arm()
          else callback()
        }
        const arm = () => {
          const left = Math.max(0, due - this.now().monotonic) / this.#rate
          disarm = this.#world.after(left, () => this.#deliver(generation, fire))
        }
        arm()
        const cancel = () => {
          isCancelled = true
          disarm()
        }
        return { cancel }
      },
      clearTimeout: (timer) => (timer as { cancel(): void } | undefined)?.cancel(),
    }
  }

  #api(generation: number): LeaseApi {
    const call = (verb: ApiRequest['verb'], run: () => Outcome, options: CallOptions) =>
      this.#call(generation, verb, run, options)
    return {
      read: async (_lease, options) => (await call('get', () => this.#server.read(), options))!,
      create: async (_lease, body, options) => (await call('create', () => this.#server.create(body), options))!,
      patch: async (_lease, patch, options) => (await call('patch', () => this.#server.patch(patch), options))!,
      delete: async (_lease, preconditions, options) =>
        void (await call('delete', () => this.#server.delete(preconditions), options)),
      watch: (_lease, listener, signal) => this.#watch(generation, listener, signal),
      acquire: () => () => {},
    }
  }

  #call(generation: number, verb: ApiRequest['verb'], run: () => Outcome, { timeout, signal }: CallOptions) {
    const request: ApiRequest = { verb, name: 'lease', namespace: 'default' }
    const { network } = this
    return new Promise<Extract<Outcome, { status: 200 }>['record']>((resolve, reject) => {
      const fail = (why: string) => reject(new TransientApiError(why, request))
      const timer = this.#clockOf(generation).setTimeout(() => fail('timeout'), timeout)
      signal.addEventListener('abort', () => fail('aborted'))
      const answer = (settle: () => void) => {
        if (this.#world.chance(network.responseLoss)) return
        this.#world.after(this.#latency(), () =>
          this.#deliver(generation, () => {
            ;(timer as { cancel(): void }).cancel()
            settle()
          }),
        )
      }
      if (this.#world.chance(network.requestLoss)) return
      // A late commit is carried out up to a minute after the client has given up.
      const delay = this.#world.chance(network.lateCommit) ? this.#world.between(1_000, 60_000) : this.#latency()
      this.#world.after(delay, () => {
        if (network.isAway) return answer(() => fail('503'))
        const outcome = run()
        answer(() => {
          if (outcome.status === 200) resolve(outcome.record)
          else reject(new ConflictError(String(outcome.status), request))
        })
      })
    })
  }

  #watch(generation: number, listener: Parameters<LeaseApi['watch']>[1], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let lastAt = 0
      const tell = (run: () => void) => {
        if (this.network.isSilent) return
        // In order, whatever the latency.
        lastAt = Math.max(lastAt, this.#world.now + this.#latency())
        this.#world.at(lastAt, () => this.#deliver(generation, () => !signal.aborted && run()))
      }
      const onTold = (told: Told) =>
        tell(() =>
          told.type === 'changed' ? listener.changed(told.record, this.now()) : listener.deleted(told.uid, this.now()),
        )
      const end = (settle: () => void) => {
        this.#server.watchers.delete(onTold)
        settle()
      }
      signal.addEventListener('abort', () => end(resolve))
      if (this.network.isAway || this.#world.chance(this.network.requestLoss)) {
        this.#world.after(1_000, () => this.#deliver(generation, () => reject(new Error('refused'))))
        return
      }
      this.#world.after(this.#latency(), () => {
        if (signal.aborted) return
        this.#server.watchers.add(onTold)
        tell(() => listener.opened(this.now()))
        const { record } = this.#server.read() as { record: Parameters<typeof listener.changed>[0] | undefined }
        if (record) onTold({ type: 'changed', record })
        this.#world.after(this.#world.between(5_000, 300_000), () => end(() => this.#deliver(generation, resolve)))
      })
    })
  }

  #latency(): number {
    return this.#world.between(1, this.network.latency)
  }
}
