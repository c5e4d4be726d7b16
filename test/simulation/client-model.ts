/** The Lease API as one process reaches it: through a network that may lose, delay and mistell. */
import type { ApiRequest } from '../../src/errors.ts'
import { LeaseApiError, TransientApiError } from '../../src/errors.ts'
import { errorForAnswer } from '../../src/kubernetes/api-errors.ts'
import type { Outcome } from '../../src/kubernetes/http/request-queue.ts'
import type { CallOptions, LeaseApi } from '../../src/kubernetes/lease-api.ts'
import type { LeaseWatchListener } from '../../src/kubernetes/lease-stream.ts'
import type { LeaseRecord } from '../../src/lease/record.ts'
import type { Random } from '../support/random.ts'
import type { ClockModel } from './clock-model.ts'
import type { ConnectionModel } from './connection-model.ts'
import type { Network } from './network.ts'
import { kindOf, type Outcome as Served, type ServerModel, type Told, type WriteKind } from './server-model.ts'
import type { World } from './world.ts'

/** What is told of a process's requests. */
export interface ClientObserver {
  sending(request: SentRequest): void
  /** `status` 0: no answer. The process knows of it from now on. */
  settled(request: SentRequest, status: number, givenUp?: GivenUp): void
  /** The stream of its watch stands. */
  watchOpened(): void
  /** The process has received this state of the Lease. */
  received(record: LeaseRecord): void
}

export interface SentRequest {
  readonly verb: ApiRequest['verb']
  /** Undefined for a read. */
  readonly kind: WriteKind | undefined
  readonly sentAt: number
}

/** `early`: the answer was on its way, and would have been in time for a leader whose timing allows for it. */
export type GivenUp = 'early' | 'inVain'

export interface Surroundings {
  readonly world: World
  readonly server: ServerModel
  readonly network: Network
  readonly clock: ClockModel
  readonly random: Random
  /** Undefined where the process has it for itself. */
  readonly connection: ConnectionModel | undefined
  /** Milliseconds of true time in which every request has to be answered, for a leader to be sure of its term. */
  readonly tolerated: number
  /** True time from which on nothing is late any more. */
  readonly calmFrom: number
}

/** A request that is late is late by this at most; so is what the API server still carries out after a timeout. */
const LATEST = 60_000

/** What the admission plugin OwnerReferencesPermissionEnforcement says. */
const OWNER_REFUSED = "cannot set an ownerRef on a resource you can't delete: , <nil>"

export function clientModel(author: string, observer: ClientObserver, surroundings: Surroundings): LeaseApi {
  const { world, server, network, clock, random, connection, tolerated, calmFrom } = surroundings

  const latency = () => untilCalm(random.magnitude(1, network.latency))
  const serviceTime = () => network.serviceTime * random.between(0.9, 1)
  const untilCalm = (delay: number) => Math.min(delay, Math.max(20, calmFrom - world.now))

  const call = async (
    verb: ApiRequest['verb'],
    kind: WriteKind | undefined,
    carryOut: () => Served,
    options: CallOptions,
  ) => {
    if (!connection) return send(verb, kind, carryOut, options)
    const leave = await connection.enter(options).catch((error) => {
      throw options.signal.aborted
        ? error
        : new TransientApiError('not sent', { verb, name: 'lease', namespace: 'default' })
    })
    let error: unknown
    try {
      return await send(verb, kind, carryOut, options)
    } catch (thrown) {
      error = thrown
      throw thrown
    } finally {
      leave(outcomeOf(error))
    }
  }

  const send = (
    verb: ApiRequest['verb'],
    kind: WriteKind | undefined,
    carryOut: () => Served,
    { timeout, signal, onSent }: CallOptions,
  ) =>
    new Promise<LeaseRecord | undefined>((resolve, reject) => {
      const request: SentRequest = { verb, kind, sentAt: world.now }
      const api: ApiRequest = { verb, name: 'lease', namespace: 'default' }
      observer.sending(request)
      onSent()
      let isSettled = false
      const settle = (status: number, how: () => void, givenUp?: GivenUp) => {
        if (isSettled) return
        isSettled = true
        clock.clearTimeout(timer)
        forget()
        world.promiseSettled()
        observer.settled(request, status, givenUp)
        how()
      }
      const broken = () => settle(0, () => reject(new TransientApiError('connection reset', api)), 'inVain')
      const forget = network.awaits(() => clock.deliver(broken))
      const isLost = random.chance(network.requestLoss)
      const isLate = random.chance(network.lateCommit)
      const thither = latency() + serviceTime()
      const back = latency()
      // Milliseconds from its sending to the answer, as far as that is known; infinite where none comes.
      let takes =
        isLost || isLate || network.answerLoss > 0 || server.isLimited ? Number.POSITIVE_INFINITY : thither + back
      const timer = clock.setTimeout(() => {
        const wasEarly = world.now - request.sentAt < tolerated && takes < tolerated
        const error = new TransientApiError('no answer', api, { waited: timeout })
        settle(0, () => reject(error), wasEarly ? 'early' : 'inVain')
      }, timeout)
      signal.addEventListener('abort', () => settle(0, () => reject(signal.reason), 'inVain'), { once: true })

      const answer = (status: number, how: () => void) => {
        const isAnswerLost = random.chance(network.answerLoss)
        takes = isAnswerLost ? Number.POSITIVE_INFINITY : world.now - request.sentAt + untilCalm(back)
        if (isAnswerLost) return
        world.after(untilCalm(back), () => clock.deliver(() => settle(status, how)))
      }
      const refuse = (
        status: number,
        { retryAfter, message = 'a fault' }: { retryAfter?: number | undefined; message?: string } = {},
      ) => {
        const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter / 1000) }
        const error = errorForAnswer(api, { status, headers, body: { kind: 'Status', message } })
        answer(status, () => reject(error))
      }
      const serve = () => {
        const fault = network.faultyAnswers.find(({ probability }) => random.chance(probability))
        if (fault) {
          // The server has given up waiting for its storage, which may carry it out all the same.
          if (fault.status === 504 && random.chance(0.5)) carryOut()
          return refuse(fault.status, fault)
        }
        const outcome = carryOut()
        if (outcome.status === 403) return refuse(403, { message: OWNER_REFUSED })
        if (outcome.status !== 200) return refuse(outcome.status)
        const { record } = outcome
        answer(200, () => {
          if (record) observer.received(record)
          resolve(record)
        })
      }
      if (isLost) return
      const arrivesIn = untilCalm(thither + (isLate ? random.between(1_000, LATEST) : 0))
      world.after(arrivesIn, () => world.after(untilCalm(server.queueUp()), serve))
    })

  const watch = (listener: LeaseWatchListener): (() => void) => {
    const api: ApiRequest = { verb: 'watch', name: 'lease', namespace: 'default' }
    let isOpen = true
    let unwatch = () => {}
    let lastAt = 0
    // In the order in which it was sent, whatever the latency.
    const arrive = (delay: number, run: () => void) => {
      lastAt = Math.max(lastAt, world.now + delay)
      world.at(lastAt, () => clock.deliver(() => isOpen && run()))
    }
    const end = (error?: Error) => {
      leave()
      listener.ended(error)
    }
    const fails = (message: string) => end(new TransientApiError(message, api))
    const breakOff = (how: 'cut' | 'error') => arrive(0, () => (how === 'cut' ? end() : fails('410 Expired')))
    const forget = network.carries(() => breakOff('cut'))
    const leave = () => {
      isOpen = false
      unwatch()
      forget()
    }
    const tell = (told: Told, lag: number) => {
      if (network.isSilent) return
      if (network.watchEnds) return breakOff(network.watchEnds)
      arrive(untilCalm(lag + latency()), () => {
        if (told.type === 'deleted') return listener.deleted(told.uid, clock.now())
        observer.received(told.record)
        listener.changed(told.record, clock.now())
      })
    }
    const begin = () => {
      if (!isOpen) return
      // A cache that lags behind begins with what was, and gets to what is with the same delay.
      const share = random.next()
      const lag = untilCalm(share * network.lag)
      arrive(latency(), () => {
        observer.watchOpened()
        listener.opened(clock.now())
      })
      const past = server.recordAgo(lag)
      if (past) tell({ type: 'changed', record: past }, 0)
      if (lag > 0 && server.record) tell({ type: 'changed', record: server.record }, lag)
      unwatch = server.watch((told) => tell(told, untilCalm(share * network.lag)))
      const lasts = Math.min(random.between(30_000, 300_000), network.streamsLast ?? Number.POSITIVE_INFINITY)
      world.after(lasts, () => breakOff('cut'))
    }

    const ask = () => {
      if (random.chance(network.requestLoss)) return arrive(untilCalm(10_000), () => fails('no answer'))
      const fault = network.faultyAnswers.find(({ probability }) => random.chance(probability))
      if (fault) {
        const error = errorForAnswer(api, { status: fault.status, headers: {}, body: { kind: 'Status' } })
        return arrive(latency(), () => end(error))
      }
      if (network.refusesStreams) return arrive(latency(), () => fails('no stream'))
      world.after(latency() + serviceTime() + untilCalm(server.queueUp()), begin)
    }
    ask()
    return leave
  }

  return {
    read: (_lease, options) => call('get', undefined, () => server.read(), options),
    create: async (_lease, body, options) =>
      (await call('create', 'acquire', () => server.create(author, body), options))!,
    patch: async (_lease, patch, options) =>
      (await call('patch', kindOf(patch), () => server.patch(author, patch), options))!,
    delete: async (_lease, preconditions, options) => {
      await call('delete', 'release', () => server.delete(author, preconditions), options)
    },
    watch: (_lease, listener) => watch(listener),
    acquire: () => () => {},
  }
}

/** As the queue is told. */
function outcomeOf(error: unknown): Outcome {
  if (error === undefined) return 'answered'
  if (!(error instanceof LeaseApiError) || (error instanceof TransientApiError && error.waited !== undefined)) {
    return 'unanswered'
  }
  return error.status === undefined ? 'lost' : 'answered'
}
