/** A request that waits at the gate. */
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** A request that has arrived at the gate, and not yet been answered. */
export class HeldRequest {
  readonly #url: string
  readonly #request: IncomingMessage
  readonly #body: string
  readonly response: ServerResponse
  #answer: Answer | undefined

  constructor(url: string, request: IncomingMessage, body: string, response: ServerResponse) {
    this.#url = url
    this.#request = request
    this.#body = body
    this.response = response
  }

  get isWatch(): boolean {
    return this.#request.url!.includes('watch=true')
  }

  get isRead(): boolean {
    return this.#request.method === 'GET'
  }

  get isCarriedOut(): boolean {
    return this.#answer !== undefined
  }

  /** The server carries it out; its answer waits. */
  async carryOut(): Promise<void> {
    const upstream = await this.send()
    if (upstream) this.#answer = await answerOf(upstream)
  }

  /** It is answered: with what has been waiting, where it was carried out before. */
  async letGo(): Promise<void> {
    if (!this.#answer) await this.carryOut()
    if (this.#answer && !this.response.destroyed) this.answer(this.#answer)
  }

  answer({ status, headers, body }: Answer): void {
    const { connection: _, 'transfer-encoding': __, 'content-length': ___, ...rest } = headers
    this.response.writeHead(status, rest).end(body)
  }

  /** A read only: what was carried out is forgotten, as though the server had come to it later. */
  forget(): void {
    this.#answer = undefined
  }

  /** The connection breaks; whether the server has carried the request out, the client can't know. */
  breakConnection(): void {
    this.#request.socket.resetAndDestroy()
  }

  /** Undefined where the server broke the connection, and so it is broken for the client. */
  async send(): Promise<IncomingMessage | undefined> {
    const { method, url, headers } = this.#request
    const onward = http.request(this.#url + url, { method: method!, headers: { ...headers, connection: 'close' } })
    this.response.once('close', () => onward.destroy())
    onward.end(this.#body)
    try {
      const [response] = (await once(onward, 'response')) as [IncomingMessage]
      onward.on('error', () => {})
      return response
    } catch {
      this.breakConnection()
      return undefined
    }
  }
}

export async function answerOf(upstream: IncomingMessage): Promise<Answer> {
  let body = ''
  for await (const chunk of upstream.setEncoding('utf8')) body += chunk
  return { status: upstream.statusCode!, headers: upstream.headers, body }
}
