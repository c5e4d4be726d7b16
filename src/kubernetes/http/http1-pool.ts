/**
 * Kept HTTP/1.1 connections, for servers and proxies that do not speak HTTP/2: one for each request that is under way,
 * and one for each open watch.
 *
 * Guaranteed: a request that is given up destroys its own connection only, and those idle ones of which nothing has
 * been heard for longer: what is dead takes its kind along, so that it is found once rather than one by one.
 */

import type { ClientRequestArgs } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type HttpRequest, type HttpResponse, NoAnswerError, plainHeaders } from './exchange.ts'
import { http } from './node-http.ts'

export type Dial = () => Promise<Socket>

export class Http1Pool {
  readonly #agent: SocketAgent
  readonly #host: string

  /** `dial` makes a connection; `first` is one that was made already. */
  constructor(host: string, dial: Dial, first: Socket) {
    this.#host = host
    this.#agent = new SocketAgent(dial, first)
  }

  /** Sends a request and resolves when its answer has begun. */
  send({ method, path, headers, body, signal, onSent }: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const request = http.request({ agent: this.#agent, method, path, headers: { ...headers, Host: this.#host } })
      // Node.js frames the body of a DELETE only where its length is given.
      if (body !== undefined) request.setHeader('Content-Length', Buffer.byteLength(body))
      const abort = () => {
        if (signal.reason instanceof NoAnswerError && request.socket) this.#agent.distrust(request.socket)
        request.destroy(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
      request.once('close', () => signal.removeEventListener('abort', abort))
      request.once('socket', () => {
        onSent()
        request.end(body)
      })
      request.on('error', reject)
      request.once('response', (response) => {
        this.#agent.heardOf(response.socket)
        response.on('error', () => {}) // whoever reads it is told as well
        resolve({ status: response.statusCode!, headers: plainHeaders(response.headers), body: response })
      })
    })
  }

  get isIdle(): boolean {
    return Object.keys(this.#agent.sockets).length === 0
  }

  /** Keeps no connection any more; those in use are closed after their request. */
  retire(): void {
    this.#agent.retire()
  }

  destroy(): void {
    this.#agent.destroy()
  }
}

class SocketAgent extends http.Agent {
  readonly #dial: Dial
  #first: Socket | undefined
  readonly #heardAt = new WeakMap<object, number>()

  constructor(dial: Dial, first: Socket) {
    // The last one that was used is used first: the others get old and are closed by the server.
    super({ keepAlive: true, keepAliveMsecs: 10_000, scheduling: 'lifo', maxFreeSockets: 1_000 })
    this.#dial = dial
    this.#first = first
  }

  override createConnection(
    _options: ClientRequestArgs,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const first = this.#first
    this.#first = undefined
    const dialled = first && !first.destroyed ? Promise.resolve(first) : this.#dial()
    dialled.then(
      (socket) => {
        this.heardOf(socket)
        done?.(null, socket)
      },
      (error) => done?.(error, undefined as never),
    )
    return undefined
  }

  heardOf(socket: Socket): void {
    this.#heardAt.set(socket, performance.now())
  }

  distrust(dead: Socket): void {
    const heardAt = this.#heardAt.get(dead) ?? 0
    for (const socket of this.#idle()) if ((this.#heardAt.get(socket) ?? 0) <= heardAt) socket.destroy()
  }

  retire(): void {
    this.maxFreeSockets = 0
    this.#first?.destroy()
    for (const socket of this.#idle()) socket.destroy()
  }

  override destroy(): void {
    this.#first?.destroy()
    super.destroy()
  }

  #idle(): Socket[] {
    return Object.values(this.freeSockets).flatMap((sockets) => sockets ?? [])
  }
}
