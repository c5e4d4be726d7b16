/** Runs the services that ship, in two halves: what they send, and what they make of the answer. */
import { createActor, toPromise } from 'xstate'
import { ConflictError, TransientApiError } from '../../src/errors.ts'
import { createElectionActors } from '../../src/kubernetes/election-services.ts'
import type { LeaseApi } from '../../src/kubernetes/lease-api.ts'
import type { Attempt } from '../../src/lease/attempt.ts'
import type { Clock, Instant } from '../../src/lease/clock.ts'
import type { LeaseRecord } from '../../src/lease/record.ts'
import type { Settings } from '../../src/options/types.ts'
import type { ElectionActors } from '../../src/statechart/types.ts'
import type { Protocol } from './protocol.ts'
import { NOW } from './relative.ts'
import type { Answer, Call } from './server.ts'

export type RequestService = 'readLease' | 'claimLease' | 'renewLease' | 'releaseLease'

export interface ServiceInput {
  readonly settings: Settings
  readonly record?: LeaseRecord | undefined
  readonly attempt: Attempt
}

/** What became of a request, as the statechart is told. */
export type Settled = { readonly output: unknown } | { readonly error: unknown }

/** No answer came: a timeout, or a broken connection. */
export const NO_ANSWER = 'no answer'

export class Services {
  readonly #protocol: Protocol
  readonly #services: ElectionActors
  #now: Instant = NOW
  #call: (call: Call) => Promise<LeaseRecord | undefined> = () => new Promise(() => {})

  constructor(protocol: Protocol) {
    this.#protocol = protocol
    const clock: Clock = { now: () => this.#now, setTimeout: () => undefined, clearTimeout: () => {} }
    this.#services = protocol.services(createElectionActors({ api: this.#api(), clock }))
  }

  /** The call that the service sends now; undefined where it sends none. */
  send(service: RequestService, input: ServiceInput): Call | undefined {
    let sent: Call | undefined
    this.#now = NOW
    this.#call = (call) => {
      sent = this.#protocol.calls(call)
      return new Promise(() => {})
    }
    const actor = createActor(this.#services[service], { input: input as never })
    actor.start()
    actor.stop()
    return sent
  }

  /** Runs the service again, from when it was sent, and answers it now. One at a time. */
  async settle(
    service: RequestService,
    input: ServiceInput,
    sentAt: Instant,
    answer: Answer | typeof NO_ANSWER,
  ): Promise<Settled> {
    this.#now = sentAt
    this.#call = async ({ verb }) => {
      this.#now = NOW
      const request = { verb, name: 'lease', namespace: 'default' }
      if (answer === NO_ANSWER) throw new TransientApiError(NO_ANSWER, request)
      if (answer.status !== 200) throw new ConflictError(String(answer.status), request)
      return answer.record
    }
    try {
      const actor = createActor(this.#services[service], { input: input as never })
      const output = toPromise(actor)
      actor.start()
      return { output: await output }
    } catch (error) {
      return { error }
    }
  }

  #api(): LeaseApi {
    return {
      read: () => this.#call({ verb: 'get' }),
      create: async (_lease, body) => (await this.#call({ verb: 'create', body }))!,
      patch: async (_lease, patch) => (await this.#call({ verb: 'patch', patch }))!,
      delete: async (_lease, preconditions) => void (await this.#call({ verb: 'delete', preconditions })),
      watch: () => () => {},
      acquire: () => () => {},
    }
  }
}
