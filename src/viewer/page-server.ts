/**
 * Serves one page on 127.0.0.1, tells it what happens by server-sent events, and takes its actions.
 *
 * A page that is opened, or comes back, gets the whole state first and then what changes: none misses anything, whenever it
 * comes. One that reads too slowly is cut off, and comes back by itself.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigurationError } from '../errors.ts'
import { Gate } from './gate.ts'
import { CONTENT_SECURITY_POLICY, frameOf } from './html.ts'
import type { PageSource } from './page-source.ts'

const ADDRESS = '127.0.0.1'
/** Bytes that wait for a page before it counts as too slow. */
const MOST_WAITING = 4_000_000
/** Of an action's body. */
const MOST_BYTES = 10_000
/** Milliseconds after which pages are told the time: their machine may have slept, which its clocks take differently. */
const TIME = 5_000

/** An action that can't be done as things are: the page tells why. */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused'
}

export interface PageServerOptions {
  readonly title: string
  readonly source: PageSource
  /** 0: a free one. */
  readonly port: number
  /** Milliseconds since 1970, by the clock of all times that pages are told. */
  readonly now: () => number
  /** All that a page has to know, as JSON. */
  readonly state: () => object
  /** Without it nothing can be done from the page. @throws ActionRefused */
  readonly act?: (action: unknown) => void | Promise<void>
}

export class PageServer {
  readonly #options: PageServerOptions
  readonly #server: Server
  readonly #pages = new Set<ServerResponse>()
  readonly #timer: NodeJS.Timeout
  #gate!: Gate

  private constructor(options: PageServerOptions) {
    this.#options = options
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#timer = setInterval(() => this.tell('time', { now: options.now() }), TIME).unref()
  }

  /** @throws ConfigurationError where the port is taken, or may not be. */
  static async start(options: PageServerOptions): Promise<PageServer> {
    const server = new PageServer(options)
    server.#server.listen(options.port, ADDRESS)
    try {
      await once(server.#server, 'listening')
    } catch (error) {
      clearInterval(server.#timer)
      throw new ConfigurationError(
        `port is ${options.port}, on which the page can't be served (${(error as Error).message}); expected one that ` +
          'nobody listens on. Without a port it takes a free one.',
        { cause: error },
      )
    }
    server.#gate = new Gate(server.#port)
    return server
  }

  get url(): string {
    return `http://${ADDRESS}:${this.#port}/`
  }

  /** The page does not keep the process alive. */
  unref(): void {
    this.#server.unref()
    this.#server.on('connection', (socket) => socket.unref())
  }

  /** Tells every page that is open. */
  tell(type: string, data: object): void {
    if (this.#pages.size === 0) return
    const message = messageOf(type, data)
    for (const page of this.#pages) {
      if (page.writableLength > MOST_WAITING) page.destroy()
      else page.write(message)
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request
    const [pathname] = (request.url ?? '').split('?') // as it came: not each one, such as `//`, is a URL
    const refusal = this.#gate.refuse(headers, method !== 'GET')
    if (refusal) return answer(response, refusal.status, 'text/plain', refusal.message)
    const { title, source } = this.#options
    switch (`${method} ${pathname}`) {
      case 'GET /':
        return answer(response, 200, 'text/html', frameOf({ title, token: this.#gate.token }))
      case 'GET /page.js':
        return answer(response, 200, 'text/javascript', source.script)
      case 'GET /page.css':
        return answer(response, 200, 'text/css', source.style)
      case 'GET /events':
        return this.#stream(response)
      case 'POST /action':
        return this.#act(request, response)
      default:
        return answer(response, 404, 'text/plain', `there is no ${method} ${pathname}; the page is at /.`)
    }
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' })
    const { now, state } = this.#options
    response.write(messageOf('state', { now: now(), ...state() }))
    this.#pages.add(response)
    response.once('close', () => this.#pages.delete(response))
  }

  async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { act } = this.#options
    try {
      if (!act) throw new ActionRefused('this page shows only: nothing can be done from it.')
      await act(await readJson(request))
      answer(response, 204, undefined, '')
    } catch (error) {
      const { message } = error as Error
      answer(response, error instanceof ActionRefused ? 409 : 500, 'text/plain', message)
    }
  }
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

function answer(response: ServerResponse, status: number, type: string | undefined, text: string): void {
  response.writeHead(status, { ...HEADERS, ...(type && { 'content-type': `${type}; charset=utf-8` }) })
  response.end(text)
}

function messageOf(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > MOST_BYTES) throw new ActionRefused(`the action is longer than ${MOST_BYTES} characters.`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new ActionRefused(`the action is ${JSON.stringify(text.slice(0, 100))}; expected JSON.`)
  }
}
