/** One request after another by either version of HTTP, trusting what the server's kubeconfig trusts. */
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { Readable } from 'node:stream'
import type { LeaseServer } from '../../src/testing/index.ts'

export type Protocol = 'HTTP/1.1' | 'HTTP/2'

export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
}

export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly body: Readable
}

/** Kept connections: one with HTTP/2, as many as needed with HTTP/1.1. The server's end is theirs. */
export function transportTo(server: LeaseServer, protocol: Protocol): (request: Sent) => Promise<Received> {
  return protocol === 'HTTP/2' ? overStreams(server) : overConnections(server)
}

export function authorityOf(server: LeaseServer): string | undefined {
  const { caData } = server.kubeConfig().getCurrentCluster()!
  return caData && Buffer.from(caData, 'base64').toString()
}

export async function textOf(body: Readable): Promise<string> {
  let text = ''
  for await (const chunk of body.setEncoding('utf8')) text += chunk
  return text
}

function overConnections(server: LeaseServer): (request: Sent) => Promise<Received> {
  const ca = authorityOf(server)
  const agent = ca ? new https.Agent({ keepAlive: true, ca }) : new http.Agent({ keepAlive: true })
  return async ({ method, path, headers, body, signal }) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const request = (ca ? https : http).request(new URL(server.url).origin, {
      method,
      path,
      agent,
      headers: { ...headers, ...length },
      ...(signal && { signal }),
    })
    request.end(body)
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    return { status: response.statusCode!, headers: headersOf(response.headers), body: response }
  }
}

const sessions = new WeakMap<LeaseServer, http2.ClientHttp2Session>()

function overStreams(server: LeaseServer): (request: Sent) => Promise<Received> {
  return async ({ method, path, headers, body, signal }) => {
    const session = sessionTo(server)
    const stream = session.request(
      { ':method': method, ':path': path, ...headers },
      { endStream: body === undefined, ...(signal && { signal }) },
    )
    if (body !== undefined) stream.end(body)
    const failed = once(stream, 'close').then(() => Promise.reject(new Error('the stream was closed')))
    failed.catch(() => {})
    const [answered] = (await Promise.race([once(stream, 'response'), failed])) as [http2.IncomingHttpHeaders]
    const { ':status': status, ...rest } = answered
    return { status: Number(status), headers: headersOf(rest), body: stream }
  }
}

function sessionTo(server: LeaseServer): http2.ClientHttp2Session {
  const known = sessions.get(server)
  if (known && !known.closed && !known.destroyed) return known
  const session = http2.connect(server.url, { ca: authorityOf(server) })
  session.on('error', () => {}) // told to each of its streams
  sessions.set(server, session)
  return session
}

function headersOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Headers {
  const known = Object.entries(headers).filter(([name]) => !name.startsWith(':'))
  return new Headers(
    known.flatMap(([name, value]) => [value ?? []].flat().map((each) => [name, each] as [string, string])),
  )
}
