/**
 * HTTP to one API server: kept connections, credentials, and an end to every request.
 *
 * Guaranteed: an aborted request destroys its connection, so that nothing hangs on a half-open one; a request is sent
 * once, except that a refused credential (401) is refreshed and the request sent once more.
 * TLS and credentials are asked of the access for every request: a rotated token or certificate is picked up without a
 * restart.
 */
import http from 'node:http'
import https from 'node:https'
import {
  type ClusterAccess,
  type Credentials,
  type KubeConfigSource,
  loadAccess,
  reloadAccess,
} from './cluster-access.ts'
import { acquirePool, type Pool, tieProxyTo } from './connection-pool.ts'
import { importClientNode } from './kube-config.ts'
import type { WatchHub } from './watch-hub.ts'

export interface HttpRequest {
  readonly method: string
  /** Path and query; the kubeconfig says where the server is. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export class Connection {
  readonly #source: KubeConfigSource | undefined
  #loading: Promise<ClusterAccess> | undefined
  #pool: Pool | undefined
  #users = 0

  constructor(source: KubeConfigSource | undefined) {
    this.#source = source
  }

  /** The access in use, loaded at the first call. */
  access(): Promise<ClusterAccess> {
    this.#loading ??= this.#load(() => loadAccess(this.#source))
    return this.#loading
  }

  /** Sends a request over the kept connection and reads the whole answer. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const response = await this.#sendAuthorized(request, 'requests')
    return { ...headOf(response), body: await readBody(response) }
  }

  /** Opens a stream on a connection of its own; its body is read while it grows. */
  async open(request: HttpRequest): Promise<{ status: number; response: http.IncomingMessage }> {
    const response = await this.#sendAuthorized(request, 'watches')
    return { status: response.statusCode!, response }
  }

  /** The streams that are open on this server with these credentials, in whichever election. */
  async watchHub(): Promise<WatchHub> {
    return (await this.#poolFor(await this.access())).hub
  }

  /**
   * Keeps what is open until the returned function, to be called once, is called by the last user: then the connections
   * are closed and the credentials forgotten. A later request begins anew.
   */
  acquire(): () => void {
    this.#users += 1
    return () => {
      this.#users -= 1
      if (this.#users > 0) return
      this.#pool?.release()
      this.#pool = undefined
      this.#loading = undefined
    }
  }

  async #sendAuthorized(request: HttpRequest, agent: 'requests' | 'watches'): Promise<http.IncomingMessage> {
    const access = await this.access()
    const response = await this.#exchange(access, request, agent)
    if (response.statusCode !== 401) return response
    response.resume()
    return this.#exchange(await this.#refresh(access), request, agent)
  }

  async #exchange(access: ClusterAccess, request: HttpRequest, agent: 'requests' | 'watches') {
    const { headers, tls } = await access.credentials()
    const pool = await this.#poolFor(access)
    request.signal.throwIfAborted()
    tieProxyTo(request.signal, pool[agent])
    return exchange(access.server, request, { ...tls, headers: { ...headers, ...request.headers }, agent: pool[agent] })
  }

  async #poolFor(access: ClusterAccess): Promise<Pool> {
    if (this.#pool) return this.#pool
    const proxyAgent = access.proxyUrl
      ? await proxyAgentFor(access.server, access.proxyUrl, await access.credentials())
      : undefined
    // Whoever comes after the last election's end would open what nobody closes.
    if (this.#users === 0) throw new Error('the election has ended')
    this.#pool ??= acquirePool(access, proxyAgent)
    return this.#pool
  }

  /** Concurrent requests that were refused share one refresh. */
  #refresh(refused: ClusterAccess): Promise<ClusterAccess> {
    const before = this.#loading
    this.#loading = this.#load(async () => {
      // None is left where an earlier refresh failed, or the last election has ended meanwhile.
      const current = before ? await before : refused
      return current === refused ? reloadAccess(this.#source) : current
    })
    return this.#loading
  }

  /** A failed load is not kept: the next request tries again. */
  #load(load: () => Promise<ClusterAccess>): Promise<ClusterAccess> {
    const loading = load()
    loading.catch(() => {
      if (this.#loading === loading) this.#loading = undefined
    })
    return loading
  }
}

/** client-node's agent for a proxy. */
async function proxyAgentFor(server: string, proxyUrl: string, { tls }: Credentials): Promise<http.Agent> {
  const { KubeConfig } = await importClientNode()
  const kubeConfig = new KubeConfig()
  const cluster = { name: 'cluster', server, proxyUrl, skipTLSVerify: server.startsWith('http:') }
  kubeConfig.loadFromClusterAndUser(cluster, { name: 'user' })
  const options: https.RequestOptions = { ...tls }
  await kubeConfig.applyToHTTPSOptions(options)
  return options.agent as http.Agent
}

function exchange(
  server: string,
  { method, path, body, signal }: HttpRequest,
  options: https.RequestOptions,
): Promise<http.IncomingMessage> {
  const url = new URL(server + path)
  const transport = url.protocol === 'http:' ? http : https
  return new Promise((resolve, reject) => {
    const request = transport.request(url, { ...options, method })
    // Node.js frames the body of a DELETE only where its length is given.
    if (body !== undefined) request.setHeader('Content-Length', Buffer.byteLength(body))
    const abort = () => request.destroy(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    request.once('close', () => signal.removeEventListener('abort', abort))
    request.once('error', reject)
    request.once('response', resolve)
    request.end(body)
  })
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let body = ''
  for await (const chunk of response) body += chunk
  return body
}

function headOf(response: http.IncomingMessage) {
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
  return { status: response.statusCode!, headers }
}
