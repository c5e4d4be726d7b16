/**
 * One HTTP/2 connection: each request is a stream of its own, and so is each watch.
 *
 * Guaranteed: a request that is given up resets its own stream only. A connection on which nothing at all is received
 * any more, not even the answer to a PING, is destroyed, and everything that was under way on it fails at once.
 */
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { messageOf } from '../../errors.ts'
import { type HttpRequest, type HttpResponse, NoAnswerError, NotProcessedError, plainHeaders } from './exchange.ts'

/** Milliseconds in which nothing was received before a PING is sent: while an answer is awaited, or watches only. */
const QUIET = { awaiting: 1_500, watching: 10_000 } as const
/** Milliseconds for the answer to a PING, or anything else, to arrive. */
const PING_PATIENCE = 3_000
/** Milliseconds without an answer to a PING from which new requests go elsewhere. */
const DOUBT = 1_000
/** Milliseconds between two looks at whether anything was received: as seldom as what is awaited allows. */
const LOOK = { awaiting: 500, watching: 2_500 } as const
/** Streams at once until the server has said how many it takes, as Go's client has it. */
const FIRST_STREAMS = 100
/** Bytes that may be on their way to us; a hundred watches share them. */
const WINDOW = 1024 * 1024

export class Http2Connection {
  readonly #session: ClientHttp2Session
  readonly #socket: Socket
  #open = 0
  /** Requests whose answer has not begun. */
  #awaited = 0
  /** Since when nothing has been received, though something was awaited: monotonic time. */
  #quietSince = performance.now()
  #received = 0
  /** When a PING was sent that is not answered. */
  #pingedAt: number | undefined
  #isSuspect = false
  #most = FIRST_STREAMS
  #isRetired = false
  /** The highest stream that the server, which goes away, still processes. */
  #lastProcessed = Number.POSITIVE_INFINITY
  #watchdog: NodeJS.Timeout | undefined
  #closing: NodeJS.Timeout | undefined

  /** Over a socket on which the server has agreed to speak HTTP/2. */
  constructor(origin: string, socket: Socket, onClose: () => void) {
    this.#socket = socket
    this.#session = http2.connect(origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: WINDOW },
      peerMaxConcurrentStreams: FIRST_STREAMS,
    })
    this.#session.once('connect', () => this.#session.setLocalWindowSize(WINDOW))
    this.#session.on('error', () => {}) // its streams tell
    this.#session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      this.#most = maxConcurrentStreams ?? Number.POSITIVE_INFINITY
    })
    this.#session.on('goaway', (_code, lastStream) => {
      this.#lastProcessed = lastStream
    })
    this.#session.once('close', () => {
      clearTimeout(this.#watchdog)
      clearTimeout(this.#closing)
      onClose()
    })
  }

  /** Whether new requests may be sent on it. */
  get isUsable(): boolean {
    return !this.#session.closed && !this.#session.destroyed && !this.#isRetired && !this.#isInDoubt
  }

  /** Whether the server takes another stream. */
  get hasRoom(): boolean {
    return this.#open < this.#most
  }

  get isIdle(): boolean {
    return this.#open === 0
  }

  /** Sends a request and resolves when its answer has begun. */
  send({ method, path, headers, body, signal, onSent }: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      onSent()
      this.#hasReceived() // before it is sent
      const sentAt = performance.now()
      const stream = this.#request({ ':method': method, ':path': path, ...lowerCase(headers) }, body === undefined)
      this.#began(sentAt)
      let isAwaited = true
      const answered = () => {
        if (isAwaited) this.#answered()
        isAwaited = false
      }
      const abort = () => {
        answered()
        if (signal.reason instanceof NoAnswerError) this.#suspect(sentAt)
        reject(signal.reason)
        stream.close(http2.constants.NGHTTP2_CANCEL)
        stream.destroy(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
      stream.once('response', (received) => {
        answered()
        resolve({ status: received[':status']!, headers: plainHeaders(received), body: stream })
      })
      stream.on('error', (error) => reject(this.#wasProcessed(stream) ? error : new NotProcessedError(error.message)))
      stream.once('close', () => {
        signal.removeEventListener('abort', abort)
        this.#ended()
        if (!isAwaited) return
        answered()
        const cut = 'the connection was closed before the answer'
        reject(this.#wasProcessed(stream) ? new Error(cut) : new NotProcessedError(cut))
      })
      if (body !== undefined) stream.end(body)
    })
  }

  /** Takes no more requests, and closes when those that are under way have ended. */
  retire(): void {
    this.#isRetired = true
    if (this.#open === 0) this.#close()
  }

  /**
   * A session whose connection was reset while something was being written is told of nothing by Node.js (as of 24.21),
   * and leaves its socket open when it is destroyed: so the socket is destroyed as well, once a last frame has been sent.
   */
  destroy(error?: Error): void {
    this.#session.destroy(error)
    setImmediate(() => this.#socket.destroy())
  }

  /** The other side has to agree; where it says nothing, the connection ends all the same. */
  #close(): void {
    this.#session.close()
    clearTimeout(this.#closing)
    this.#closing = setTimeout(() => this.destroy(), PING_PATIENCE).unref()
  }

  /** @throws NotProcessedError where the session has ended meanwhile. */
  #request(headers: http2.OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    try {
      return this.#session.request(headers, { endStream })
    } catch (error) {
      throw new NotProcessedError(messageOf(error))
    }
  }

  get #isInDoubt(): boolean {
    if (this.#pingedAt === undefined || this.#hasReceived()) return false
    return this.#isSuspect || performance.now() - this.#pingedAt > DOUBT
  }

  #wasProcessed(stream: ClientHttp2Stream): boolean {
    return stream.rstCode !== http2.constants.NGHTTP2_REFUSED_STREAM && (stream.id ?? 0) <= this.#lastProcessed
  }

  #began(now: number): void {
    this.#open += 1
    this.#awaited += 1
    if (this.#awaited > 1) return
    this.#quietSince = Math.max(this.#quietSince, now)
    this.#lookLater()
  }

  #answered(): void {
    this.#awaited -= 1
    if (this.#awaited === 0) this.#lookLater()
  }

  #ended(): void {
    this.#open -= 1
    if (this.#open > 0) return
    this.#lookLater()
    this.#pingedAt = undefined
    if (this.#isRetired) this.#close()
  }

  /** Each look wakes the process: where only watches are open it is rare, and where nothing is there is none. */
  #lookLater(): void {
    clearTimeout(this.#watchdog)
    if (this.#open === 0) return
    const isPressing = this.#awaited > 0 || this.#pingedAt !== undefined
    const untilPing = Math.max(1, this.#quietSince + QUIET.watching - performance.now())
    const delay = isPressing ? LOOK.awaiting : Math.min(LOOK.watching, untilPing)
    this.#watchdog = setTimeout(() => this.#look(), delay)
  }

  /** An attempt was given up. Where nothing at all was received since it was sent, the connection may be dead. */
  #suspect(sentAt: number): void {
    if (this.#hasReceived() || this.#quietSince > sentAt) return
    this.#isSuspect = true
    this.#ping()
    this.#lookLater()
  }

  #look(): void {
    if (!this.#hasReceived()) {
      const now = performance.now()
      if (this.#pingedAt !== undefined) {
        if (now - this.#pingedAt >= PING_PATIENCE) void this.#giveUp()
      } else if (now - this.#quietSince >= (this.#awaited > 0 ? QUIET.awaiting : QUIET.watching)) this.#ping()
    }
    this.#lookLater()
  }

  #ping(): void {
    if (this.#pingedAt !== undefined || this.#session.destroyed || this.#session.closed) return
    this.#pingedAt = performance.now()
    this.#session.ping(() => void this.#hasReceived())
  }

  /** A process that stood still finds in the next turn of its event loop what has arrived meanwhile. */
  async #giveUp(): Promise<void> {
    await nextTurn()
    await nextTurn()
    if (this.#hasReceived() || this.#session.destroyed) return
    this.destroy(new Error(`the connection is dead: no answer to a PING within ${PING_PATIENCE} ms`))
  }

  /** Whether anything was received since the last look. */
  #hasReceived(): boolean {
    const received = this.#socket.bytesRead
    if (received === this.#received) return false
    this.#received = received
    this.#quietSince = performance.now()
    this.#pingedAt = undefined
    this.#isSuspect = false
    return true
  }
}

/** As HTTP/2 demands; what belongs to an HTTP/1.1 connection has no place in it. */
function lowerCase(headers: HttpRequest['headers']): HttpRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
