/**
 * The connections to one API server that were made with the same certificate: HTTP/2 where the server speaks it, one
 * connection and more only where it takes no more streams; else a pool of HTTP/1.1.
 *
 * Making a connection has a bound in time of its own, and is shared by all that wait for it; where it fails, all of them
 * are told, and the next is not made at once.
 *
 * Keeps rule 11 of docs/protocol.md: few connections, and no common fate. Requests and watches share them; one that is
 * given up takes no other along, and none waits for another's answer.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Credentials } from '../access/cluster-access.types.ts'
import { type HttpRequest, type HttpResponse, NotProcessedError } from './exchange.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http2Connection } from './http2-connection.ts'
import { orAborted } from './or-aborted.ts'
import { type Connected, connect, type Protocol } from './tunnel.ts'

export interface ConnectionsOptions {
  readonly server: URL
  readonly proxy: URL | undefined
  readonly tls: Credentials['tls']
  /** Called when it is known what the server speaks. */
  readonly onProtocol: (protocol: Protocol) => void
}

/** Milliseconds until a connection has to stand: proxy, TLS and all. */
const CONNECT_PATIENCE = 5_000
/** Milliseconds to wait after a connection could not be made: doubled with each in a row, to a most. */
const PAUSE = { first: 25, most: 500 } as const
/** HTTP/2 connections beside one another, where the server limits streams or does not answer on some. */
const MOST_SESSIONS = 8
/** How often a request is sent that the server says it has not processed. */
const MOST_TRIES = 3

type Wire = Http2Connection | Http1Pool

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #ended = new AbortController()
  #sessions: Http2Connection[] = []
  #pool: Http1Pool | undefined
  #connecting: Promise<Wire> | undefined
  #failures = 0
  #isRetired = false

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Resolves when a connection stands. */
  async ready(signal: AbortSignal): Promise<void> {
    if (!this.#free()) await this.#connected(signal)
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    for (let tries = 1; ; tries += 1) {
      let wire = this.#free()
      // Those who wait for a connection may be more than it takes.
      for (let made = 1; !wire; made += 1) {
        const connected = await this.#connected(request.signal)
        wire = this.#free() ?? (made < MOST_SESSIONS ? undefined : connected)
      }
      try {
        return await wire.send(request)
      } catch (error) {
        if (!(error instanceof NotProcessedError) || tries === MOST_TRIES) throw error
      }
    }
  }

  get isIdle(): boolean {
    return this.#sessions.length === 0 && (this.#pool?.isIdle ?? true)
  }

  /** Keeps nothing open but what is under way. */
  retire(): void {
    this.#isRetired = true
    for (const session of this.#sessions) session.retire()
    this.#pool?.retire()
  }

  destroy(reason: Error): void {
    this.#ended.abort(reason)
    for (const session of [...this.#sessions]) session.destroy()
    this.#pool?.destroy()
  }

  /** What takes another request now; undefined where a connection has to be made for it. */
  #free(): Wire | undefined {
    if (this.#pool) return this.#pool
    const usable = this.#sessions.filter(({ isUsable }) => isUsable)
    const free = usable.find(({ hasRoom }) => hasRoom)
    if (free?.isIdle) for (const other of usable) if (other !== free && other.isIdle) other.retire()
    // Where no more connections are made, the streams wait for one another.
    return free ?? (this.#sessions.length < MOST_SESSIONS ? undefined : usable[0])
  }

  #connected(signal: AbortSignal): Promise<Wire> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    const connecting = this.#connecting
    return orAborted(signal, () => connecting)
  }

  async #connect(): Promise<Wire> {
    try {
      await this.#pause()
      const { socket, protocol } = await this.#dial(['h2', 'http/1.1'])
      this.#failures = 0
      this.#options.onProtocol(protocol)
      return protocol === 'h2' ? this.#addSession(socket) : this.#addPool(socket)
    } catch (error) {
      this.#failures += 1
      throw error
    }
  }

  #addSession(socket: Connected['socket']): Http2Connection {
    const session = new Http2Connection(this.#options.server.origin, socket, () => {
      this.#sessions = this.#sessions.filter((other) => other !== session)
    })
    this.#sessions.push(session)
    if (this.#isRetired) setImmediate(() => session.retire()) // after those that waited for it
    return session
  }

  #addPool(socket: Connected['socket']): Http1Pool {
    const dial = async () => (await this.#dial(['http/1.1'])).socket
    this.#pool = new Http1Pool(this.#options.server.host, dial, socket)
    if (this.#isRetired) this.#pool.retire()
    return this.#pool
  }

  async #dial(protocols: readonly Protocol[]): Promise<Connected> {
    const { server, proxy, tls } = this.#options
    const late = AbortSignal.timeout(CONNECT_PATIENCE)
    try {
      return await connect({ server, proxy, tls, protocols }, AbortSignal.any([this.#ended.signal, late]))
    } catch (error) {
      if (!late.aborted) throw error
      const to = proxy ? `${server.host} through the proxy ${proxy.host}` : server.host
      throw new Error(`no connection to ${to} within ${CONNECT_PATIENCE} ms`)
    }
  }

  async #pause(): Promise<void> {
    this.#ended.signal.throwIfAborted()
    if (this.#failures === 0) return
    const pause = Math.min(PAUSE.most, PAUSE.first * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2)
    await wait(pause, undefined, { signal: this.#ended.signal })
  }
}
