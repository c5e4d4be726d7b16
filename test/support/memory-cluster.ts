/**
 * Many candidates on one Lease in virtual time: the statechart and the services that ship, over a model of the API server
 * with a latency of its own. What takes an hour, or a thousand candidates, is counted here.
 */
import { createActor } from 'xstate'
import { type ApiRequest, TransientApiError } from '../../src/errors.ts'
import { errorForAnswer } from '../../src/kubernetes/api-errors.ts'
import { createElectionActors } from '../../src/kubernetes/election-services.ts'
import type { CallOptions, LeaseApi } from '../../src/kubernetes/lease-api.ts'
import type { LeaseWatchListener } from '../../src/kubernetes/lease-stream.ts'
import type { LeaseRecord } from '../../src/lease/record.ts'
import { NO_NEIGHBOURS } from '../../src/process/neighbours.ts'
import { buildStatechart } from '../../src/statechart/machine.ts'
import type { ElectionEmitted, ElectionInput } from '../../src/statechart/types.ts'
import { ClockModel } from '../simulation/clock-model.ts'
import { type Outcome, ServerModel, type Told } from '../simulation/server-model.ts'
import { World } from '../simulation/world.ts'
import { Random } from './random.ts'

export interface MemoryRequest {
  readonly at: number
  readonly verb: ApiRequest['verb']
  readonly by: string
  status: number | undefined
}

export class MemoryCluster {
  readonly world: World
  readonly server: ServerModel
  readonly requests: MemoryRequest[] = []
  /** Milliseconds from sending a request to its answer, half of it each way; and from a change to its news. */
  latency = 10
  /** Milliseconds after which the server ends a watch. */
  watchLives = 300_000
  /** Nobody answers, and watches break. */
  isDown = false
  /** Every request is refused with this. Milliseconds. */
  refusal: { readonly status: number; readonly retryAfter: number } | undefined
  readonly #seed: number
  readonly #watches = new Set<(error?: Error) => void>()

  /** @param world where several Leases, each a cluster of its own, share one time. */
  constructor(seed = 1, world = new World()) {
    this.#seed = seed
    this.world = world
    this.server = new ServerModel(world, { commit: () => {}, unconditional: () => {} })
  }

  /** @param name its identity and its incarnation, where the input does not say otherwise. */
  candidate(name: string, input: Partial<ElectionInput> = {}, neighbours = NO_NEIGHBOURS) {
    const random = Random.of(this.#seed, name)
    const clock = new ClockModel(this.world, { rate: 1, wall: 1_700_000_000_000 })
    const draw = () => random.between(0, 1)
    const actors = createElectionActors({ api: this.#api(name, clock), clock, random: draw, neighbours })
    const machine = buildStatechart({ random: draw }).provide({ actors })
    const actor = createActor(machine, {
      clock,
      input: {
        leaseName: 'lease',
        identity: name,
        incarnation: name,
        term: 'renewable',
        preset: 'client-go',
        ...input,
      },
    })
    const events: ElectionEmitted[] = []
    actor.on('*', (event) => void events.push(event))
    actor.subscribe({ error: () => {} })
    actor.start()
    return { name, actor, events, clock, isLeading: () => actor.getSnapshot().matches('leading') }
  }

  async elapse(milliseconds: number): Promise<void> {
    await this.world.runUntil(this.world.now + milliseconds, () => false)
  }

  async until(condition: () => boolean, limit = 600_000): Promise<number> {
    const since = this.world.now
    await this.world.runUntil(since + limit, condition)
    if (!condition()) throw new Error(`after ${limit} ms still waiting until ${condition}`)
    return this.world.now - since
  }

  /** The server goes away, and every watch with it. */
  goDown(): void {
    this.isDown = true
    for (const breakOff of [...this.#watches]) breakOff(new Error('connection reset'))
  }

  comeBack(): void {
    this.isDown = false
  }

  #api(by: string, clock: ClockModel): LeaseApi {
    const call = (verb: ApiRequest['verb'], carryOut: () => Outcome, { timeout, signal, onSent }: CallOptions) =>
      new Promise<LeaseRecord | undefined>((resolve, reject) => {
        const api: ApiRequest = { verb, name: 'lease', namespace: 'default' }
        const request: MemoryRequest = { at: this.world.now, verb, by, status: undefined }
        this.requests.push(request)
        onSent()
        const settle = (how: () => void) => {
          clock.clearTimeout(timer)
          this.world.promiseSettled()
          how()
        }
        const timer = clock.setTimeout(
          () => settle(() => reject(new TransientApiError('no answer', api, { waited: timeout }))),
          timeout,
        )
        signal.addEventListener('abort', () => settle(() => reject(signal.reason)), { once: true })
        this.world.after(this.latency / 2, () => {
          if (this.isDown) return settle(() => reject(new TransientApiError('connection refused', api)))
          const { refusal } = this
          if (refusal) {
            const headers = { 'retry-after': String(refusal.retryAfter / 1000) }
            const error = errorForAnswer(api, { status: refusal.status, headers, body: { kind: 'Status' } })
            return settle(() => reject(error))
          }
          const outcome = carryOut()
          request.status = outcome.status
          const answer = () =>
            settle(() => {
              if (outcome.status === 200) resolve(outcome.record)
              else reject(errorForAnswer(api, { status: outcome.status, headers: {}, body: { kind: 'Status' } }))
            })
          this.world.after(this.latency / 2, () => clock.deliver(answer))
        })
      })
    return {
      read: (_lease, options) => call('get', () => this.server.read(), options),
      create: async (_lease, body, options) => (await call('create', () => this.server.create(by, body), options))!,
      patch: async (_lease, patch, options) => (await call('patch', () => this.server.patch(by, patch), options))!,
      delete: async (_lease, preconditions, options) =>
        void (await call('delete', () => this.server.delete(by, preconditions), options)),
      watch: (_lease, listener) => this.#watch(by, listener, clock),
      acquire: () => () => {},
    }
  }

  #watch(by: string, listener: LeaseWatchListener, clock: ClockModel): () => void {
    this.requests.push({ at: this.world.now, verb: 'watch', by, status: undefined })
    let unwatch = () => {}
    const leave = () => {
      unwatch()
      this.#watches.delete(breakOff)
    }
    const breakOff = (error?: Error) => {
      leave()
      listener.ended(error)
    }
    this.#watches.add(breakOff)
    const tell = (told: Told) =>
      this.world.after(this.latency / 2, () => {
        if (!this.#watches.has(breakOff)) return
        if (told.type === 'deleted') listener.deleted(told.uid, clock.now())
        else listener.changed(told.record, clock.now())
      })
    this.world.after(this.latency / 2, () => {
      if (!this.#watches.has(breakOff)) return
      if (this.isDown) return breakOff(new Error('connection refused'))
      listener.opened(clock.now())
      if (this.server.record) tell({ type: 'changed', record: this.server.record })
      unwatch = this.server.watch(tell)
      this.world.after(this.watchLives, () => this.#watches.has(breakOff) && breakOff())
    })
    return leave
  }
}
