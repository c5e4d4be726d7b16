/** Any API server, spoken to in plain HTTP by the credentials of a kubeconfig: what is really on the wire. */
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'
import type { KubeConfig } from '@kubernetes/client-node'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sent, looked into by assertions
  readonly body: any
}

export interface WatchEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly object: any
}

export interface Sent {
  readonly body?: unknown
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Milliseconds after which a request or a watch counts as unanswered; a real cluster's collector may take long. */
const PATIENCE = 60_000

export class Target {
  readonly #server: string
  readonly #kubeConfig: KubeConfig

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig
    this.#server = kubeConfig.getCurrentCluster()!.server.replace(/\/$/, '')
  }

  async send(method: string, path: string, { body, contentType = 'application/json', headers }: Sent = {}) {
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    const type = payload === undefined ? {} : { 'Content-Type': contentType }
    const response = await this.#open(method, path, { ...type, ...headers }, payload)
    const received = await text(response)
    const isJson = response.headers['content-type']?.includes('json')
    const answer: Answer = {
      status: response.statusCode!,
      headers: response.headers,
      body: isJson ? JSON.parse(received) : received,
    }
    return answer
  }

  /** The events of a watch that has begun, until `isEnough` or until the server ends it. */
  async watch(path: string, query: string, isEnough: (events: readonly WatchEvent[]) => boolean = () => false) {
    const response = await this.#open('GET', `${path}?watch=true&${query}`, {}, undefined)
    return { status: response.statusCode!, finished: collect(response, isEnough) }
  }

  async #open(method: string, path: string, headers: Record<string, string>, payload: string | undefined) {
    const url = new URL(this.#server + path)
    const credentials: RequestOptions = {}
    await this.#kubeConfig.applyToHTTPSOptions(credentials as Parameters<KubeConfig['applyToHTTPSOptions']>[0])
    const { ca, rejectUnauthorized } = credentials
    // A request that brings its own credentials must not be taken for the owner of the kubeconfig.
    const identity: RequestOptions = headers.Authorization
      ? { ca, rejectUnauthorized }
      : { ...credentials, agent: undefined }
    const length = payload === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(payload)) }
    const options: RequestOptions = {
      ...identity,
      method,
      headers: { Accept: 'application/json', ...length, ...identity.headers, ...headers } as OutgoingHttpHeaders,
      signal: AbortSignal.timeout(PATIENCE),
    }
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    return new Promise<IncomingMessage>((resolve, reject) => {
      const request = send(url, options, resolve)
      request.on('error', reject)
      request.end(payload)
    })
  }
}

async function collect(response: IncomingMessage, isEnough: (events: readonly WatchEvent[]) => boolean) {
  const events: WatchEvent[] = []
  let rest = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) events.push(JSON.parse(line) as WatchEvent)
    if (isEnough(events)) break
  }
  response.destroy()
  return events
}
