/**
 * The port of the server: HTTP/1.1, and with TLS also HTTP/2 where the client offers it by ALPN, as on a real API server.
 * It knows every connection, so that they can be counted, reset, and ended.
 */
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { ServerCertificate } from './certificates.ts'
import type { HttpRequest, HttpResponse } from './exchange.ts'
import { answerMalformedRequests } from './malformed-requests.ts'

/** As a real API server allows: a client with more requests under way opens another connection, or waits. */
const STREAMS_PER_CONNECTION = 100
/** Megabytes: Node.js refuses streams beyond 10, which a watch of 10,000 Leases has to begin with; Go knows no such bound. */
const MEMORY_PER_CONNECTION = 1_000

export interface ListenerOptions {
  readonly host: string
  /** undefined: plain HTTP/1.1. */
  readonly certificate: ServerCertificate | undefined
  readonly http2: boolean
  readonly handle: (request: HttpRequest, response: HttpResponse) => void
}

export class Listener {
  readonly #options: ListenerOptions
  /** By the port at their other end, which is all that a TLS socket and its TCP socket are known to share. */
  readonly #sockets = new Map<string, Socket>()
  #server: Server | undefined
  #accepted = 0

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#accepted
  }

  get open(): number {
    return this.#sockets.size
  }

  /** Returns the port, which the system chooses where it is 0. */
  async listen(port: number): Promise<number> {
    const server = createServer(this.#options)
    server.on('connection', (socket: Socket) => this.#accept(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, this.#options.host, resolve)
    })
    this.#server = server
    return (server.address() as AddressInfo).port
  }

  /** Ends every connection, answered or not. */
  async stop(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.#sockets.values()) socket.destroy()
    await closed
  }

  /** Resets what the request came by: its stream with HTTP/2, else its connection. */
  reset(request: HttpRequest): void {
    if (isMultiplexed(request)) request.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
    // A TLS socket can't be reset; the TCP socket below it can.
    else this.#sockets.get(otherEnd(request.socket))?.resetAndDestroy()
  }

  #accept(socket: Socket): void {
    const id = otherEnd(socket)
    // Node's own HTTP/1.1 server does so; the one beside HTTP/2 would keep each line of a watch back for up to 40 ms.
    socket.setNoDelay(true)
    this.#accepted += 1
    this.#sockets.set(id, socket)
    socket.once('close', () => this.#sockets.delete(id))
  }
}

function createServer({ certificate, http2: offersHttp2, handle }: ListenerOptions): Server {
  const server = !certificate
    ? http.createServer(handle)
    : offersHttp2
      ? http2.createSecureServer(
          {
            key: certificate.key,
            cert: certificate.cert,
            allowHTTP1: true,
            settings: { maxConcurrentStreams: STREAMS_PER_CONNECTION },
            maxSessionMemory: MEMORY_PER_CONNECTION,
          },
          handle,
        )
      : https.createServer({ key: certificate.key, cert: certificate.cert }, handle)
  answerMalformedRequests(server)
  // Kubernetes keeps idle connections for longer than the default of five seconds.
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 90_000
  // A client that breaks off a handshake, or the rules of HTTP/2, harms itself only.
  server.on('tlsClientError', () => {})
  server.on('sessionError', () => {})
  return server
}

function isMultiplexed(request: HttpRequest): request is HttpRequest & http2.Http2ServerRequest {
  return request.httpVersionMajor === 2
}

function otherEnd({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress}:${remotePort}`
}
