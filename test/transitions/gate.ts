/**
 * A gate in front of the API server: each request waits until the test lets it go, and so does each line of a watch.
 * It decides when things happen; what happens is up to the server and its faults.
 */
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import type { LeaseServer } from '../../src/testing/index.ts'
import { answerOf, HeldRequest } from './held-request.ts'

/** A change, as a line of a watch tells it. */
export interface Line {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: { readonly metadata: { readonly uid: string; readonly resourceVersion: string } }
}

export class Gate implements AsyncDisposable {
  readonly #target: LeaseServer
  readonly #server: http.Server
  /** Requests that wait, in the order of their arrival: one at most, and while the other is being aborted two. */
  readonly requests = new Set<HeldRequest>()
  /** The watch that waits to be opened. */
  watch: HeldRequest | undefined
  /** The watch that stands. */
  stream: Stream | undefined
  /** What the server has told any watch so far. */
  readonly lines: Line[] = []

  static async before(server: LeaseServer): Promise<Gate> {
    const gate = new Gate(server)
    gate.#server.listen(0, '127.0.0.1')
    await once(gate.#server, 'listening')
    return gate
  }

  private constructor(target: LeaseServer) {
    this.#target = target
    // A client that hangs up in the middle has given its request up.
    this.#server = http.createServer((request, response) => void this.#arrive(request, response).catch(() => {}))
  }

  /** The server's kubeconfig for this identity, leading through the gate. */
  kubeConfig(identity: string): KubeConfig {
    const { port } = this.#server.address() as AddressInfo
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromString(
      this.#target.kubeConfigYaml(identity).replace(this.#target.url, `http://127.0.0.1:${port}`),
    )
    return kubeConfig
  }

  async #arrive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const held = new HeldRequest(this.#target.url, request, body, response)
    if (held.isWatch) this.watch = held
    else this.requests.add(held)
    response.once('close', () => {
      this.requests.delete(held)
      if (this.watch === held) this.watch = undefined
    })
  }

  /** Lets the waiting watch go: if the server opens it, its lines come in from then on, and wait. */
  async openWatch(): Promise<void> {
    const watch = this.watch!
    this.watch = undefined
    const upstream = await watch.send()
    if (!upstream) return
    if (upstream.statusCode !== 200) return watch.answer(await answerOf(upstream))
    const stream = new Stream(watch.response, upstream, this.lines)
    this.stream = stream
    watch.response.once('close', () => {
      if (this.stream === stream) this.stream = undefined
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** A watch that stands: what the server tells is kept, and passed on when the test says so. */
export class Stream {
  readonly #response: ServerResponse

  constructor(response: ServerResponse, upstream: IncomingMessage, lines: Line[]) {
    this.#response = response
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.flushHeaders()
    let rest = ''
    upstream.setEncoding('utf8').on('data', (chunk: string) => {
      const complete = (rest + chunk).split('\n')
      rest = complete.pop()!
      for (const line of complete) if (line) lines.push(JSON.parse(line))
    })
    upstream.on('error', () => {})
  }

  tell(line: Line): void {
    this.#response.write(`${JSON.stringify(line)}\n`)
  }

  /** In order, as the server does when its time is up. */
  end(): void {
    this.#response.end()
  }

  breakConnection(): void {
    this.#response.socket?.resetAndDestroy()
  }
}
