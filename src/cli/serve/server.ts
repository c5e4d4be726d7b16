/**
 * The sidecar's HTTP server: it listens before the election is loaded, takes no more than it was told to, and waits for
 * nobody.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { messageOf } from '../../errors.ts'
import { UsageError } from '../arguments/usage-error.ts'
import type { Address } from './address.ts'
import { answer, type Sources } from './answers.ts'
import type { Streams } from './streams.ts'

export interface Served extends Sources {
  readonly streams: Streams
}

/** Milliseconds within which a request has to be here. */
const REQUEST_TIMEOUT = 5_000
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: REQUEST_TIMEOUT,
  requestTimeout: REQUEST_TIMEOUT,
  connectionsCheckingInterval: REQUEST_TIMEOUT,
  // A client whose machine has gone says nothing any more.
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
} as const
const MOST_HEADERS = 64
/** Milliseconds without a byte in either direction: streams have some more often. */
const SILENCE = 60_000
/** Bytes: no request needs one. */
const LARGEST_BODY = 1024
/** Requests of a connection whose answers it has not taken yet: who sends on without reading fills the memory otherwise. */
const MOST_PENDING = 64
/** Milliseconds from the end of the streams until who still has not read it is cut off. */
const CLOSING = 500

export class SidecarServer implements AsyncDisposable {
  readonly #server: Server
  readonly #served: Promise<Served>
  readonly #pending = new WeakMap<Socket, number>()

  /** @param served requests wait until it is there. */
  constructor(served: Promise<Served>, { maxClients }: { readonly maxClients: number }) {
    this.#served = served
    this.#server = createServer(LIMITS, (request, response) => void this.#handle(request, response))
    this.#server.maxConnections = maxClients
    this.#server.maxHeadersCount = MOST_HEADERS
    this.#server.timeout = SILENCE
  }

  /** Resolves with its URL. @throws UsageError where nothing can listen there. */
  async listen({ host, port, given }: Address): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject).listen(port, host, resolve)
    try {
      await promise
    } catch (error) {
      throw new UsageError(
        `${given.name} is ${JSON.stringify(given.text)}, where nothing can listen: ${messageOf(error)}. ` +
          'Give a free port of an address of this machine.',
      )
    }
    const address = this.#server.address() as AddressInfo
    const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
    return `http://${name}:${address.port}`
  }

  /** Calls back when a connection is refused because there are too many. */
  onRefused(listener: () => void): void {
    this.#server.on('drop', listener)
  }

  /** Connections that are open. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
    })
  }

  /** Takes no more clients; resolves when all have gone, who get a moment to read what they were told last. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    const timer = setTimeout(() => this.#server.closeAllConnections(), CLOSING)
    await closed
    clearTimeout(timer)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Who hangs up in the middle is no error of ours.
    response.on('error', () => {})
    limitBody(request)
    if (!this.#admit(request, response)) return
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, { status: 405, type: 'text/plain', body: 'GET or HEAD\n' }, { Allow: 'GET, HEAD' })
      return
    }
    try {
      const served = await this.#served
      const path = request.url!.split('?')[0]!
      if (path === '/sse' && request.method === 'GET') served.streams.add(response)
      else send(response, await answer(path, served))
    } catch (error) {
      send(response, { status: 500, type: 'text/plain', body: `${messageOf(error)}\n` })
    }
  }

  /** False where the connection was cut off. */
  #admit({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const add = (count: number) => {
      const pending = (this.#pending.get(socket) ?? 0) + count
      this.#pending.set(socket, pending)
      return pending
    }
    response.once('close', () => add(-1))
    if (add(1) <= MOST_PENDING) return true
    socket.destroy()
    return false
  }
}

function send(
  response: ServerResponse,
  { status, type, body }: { status: number; type: string; body: string },
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = Buffer.byteLength(body)
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': length,
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(body)
}

function limitBody(request: IncomingMessage): void {
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > LARGEST_BODY) request.destroy()
  })
}
