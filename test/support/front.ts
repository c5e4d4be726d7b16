/** An API server behind TLS and a network: it speaks one version of HTTP, and its connections can die. */
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net, { type AddressInfo, type Socket } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import { certificateFor } from '../../src/testing/http/certificates.ts'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'

export type Version = 'HTTP/2' | 'HTTP/1.1'

export interface FrontOptions {
  readonly version: Version
  /** Streams that it takes on one connection. */
  readonly streams?: number
}

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

export class Front implements AsyncDisposable {
  readonly server: LeaseServer
  readonly #authority: string
  readonly #network: net.Server
  readonly #tls: net.Server
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<http2.ServerHttp2Session>()
  readonly #dead = new WeakSet<Socket>()
  #accepted = 0
  /** Where set, it answers in the server's place. */
  handler: Handler | undefined

  static async start(options: FrontOptions): Promise<Front> {
    const server = await startLeaseServer({ tls: false })
    const front = new Front(server, certificateFor('127.0.0.1'), options)
    await Promise.all([listen(front.#tls), listen(front.#network)])
    return front
  }

  private constructor(server: LeaseServer, certificate: Certificate, { version, streams = 100 }: FrontOptions) {
    this.server = server
    this.#authority = certificate.authorityData
    const { key, cert } = certificate
    const handle: Handler = (request, response) => (this.handler ?? this.#forward)(request, response)
    const settings = { maxConcurrentStreams: streams }
    this.#tls =
      version === 'HTTP/2'
        ? http2.createSecureServer({ key, cert, settings }, handle as never)
        : https.createServer({ key, cert, keepAliveTimeout: 90_000 }, handle)
    this.#tls.on('session', (session: http2.ServerHttp2Session) => {
      this.#sessions.add(session)
      session.on('error', () => {})
      session.once('close', () => this.#sessions.delete(session))
    })
    this.#network = net.createServer((client) => this.#relay(client))
  }

  kubeConfig(identity: string): KubeConfig {
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromString(this.server.kubeConfigYaml(identity))
    const cluster = { server: this.url, caData: this.#authority, skipTLSVerify: false }
    Object.assign(kubeConfig.getCurrentCluster()!, cluster)
    return kubeConfig
  }

  get url(): string {
    return `https://127.0.0.1:${portOf(this.#network)}`
  }

  /** Connections that were made to it so far. */
  get connections(): number {
    return this.#accepted
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size
  }

  /** Present connections carry nothing any more, either way, though they stay open. */
  freeze(): void {
    for (const socket of this.#sockets) this.#dead.add(socket)
  }

  /** Present HTTP/2 connections take no more requests, as before a restart; those under way are still answered. */
  goAway(): void {
    for (const session of this.#sessions) session.close()
  }

  /** Nobody listens any more; `comeBack` undoes it. */
  async goOffline(): Promise<number> {
    const port = portOf(this.#network)
    this.#network.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#network, 'close')
    return port
  }

  async comeBack(port: number): Promise<void> {
    await listen(this.#network, port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    for (const session of this.#sessions) session.destroy()
    this.#network.close()
    this.#tls.close()
    await this.server.close()
  }

  #relay(client: Socket): void {
    this.#accepted += 1
    this.#sockets.add(client)
    const upstream = net.connect(portOf(this.#tls), '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.setNoDelay(true)
      from.on('data', (data) => this.#dead.has(client) || to.write(data))
      from.on('error', () => {})
      from.once('close', () => to.destroy())
    }
    client.once('close', () => this.#sockets.delete(client))
  }

  #forward: Handler = (request, response) => {
    const { authorization, accept, 'content-type': type, 'user-agent': agent } = request.headers
    const headers = Object.fromEntries(
      Object.entries({ authorization, accept, 'content-type': type, 'user-agent': agent }).filter(([, value]) => value),
    ) as http.OutgoingHttpHeaders
    const length = request.headers['content-length']
    const upstream = http.request(this.server.url + request.url, {
      method: request.method!,
      headers: { ...headers, ...(length && { 'content-length': length }) },
    })
    upstream.on('error', () => response.destroy())
    upstream.once('response', (answer) => {
      const { connection, 'transfer-encoding': _, 'keep-alive': __, ...rest } = answer.headers
      response.writeHead(answer.statusCode!, rest)
      response.flushHeaders?.()
      answer.pipe(response)
    })
    response.once('close', () => upstream.destroy())
    request.pipe(upstream)
  }
}

type Certificate = ReturnType<typeof certificateFor>

async function listen(server: net.Server, port = 0): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

function portOf(server: net.Server): number {
  return (server.address() as AddressInfo).port
}
