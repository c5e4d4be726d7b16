/**
 * HTTP to one API server: kept connections, credentials, and an end to every request.
 *
 * Guaranteed: an aborted request destroys its connection, so that nothing hangs on a half-open one; a request is sent
 * once, except that a refused credential (401) is refreshed and the request sent once more.
 * TLS and credentials come from the kubeconfig through client-node, for every request anew: a rotated token or
 * certificate is picked up without a restart.
 */
import http from 'node:http'
import https from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { acquirePool, type Pool, tieProxyTo } from './connection-pool.ts'
import { type KubeConfigSource, loadKubeConfig, reloadKubeConfig } from './kube-config.ts'
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

/** Milliseconds after which a credential plug-in that has not answered is started once more. */
const PLUG_IN_PATIENCE = 60_000

type Credentials = https.RequestOptions & { readonly headers?: http.OutgoingHttpHeaders }

export class Connection {
  readonly #source: KubeConfigSource | undefined
  #loading: Promise<KubeConfig> | undefined
  /** In the making: a plug-in that hangs must not be started anew by each request. */
  #credentials: { readonly of: KubeConfig; readonly since: number; readonly making: Promise<Credentials> } | undefined
  #pool: Pool | undefined
  #users = 0

  constructor(source: KubeConfigSource | undefined) {
    this.#source = source
  }

  /** The kubeconfig in use, loaded at the first call. */
  kubeConfig(): Promise<KubeConfig> {
    this.#loading ??= this.#load(() => loadKubeConfig(this.#source))
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
    return (await this.#poolFor(await this.kubeConfig())).hub
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
    const kubeConfig = await this.kubeConfig()
    const response = await this.#exchange(kubeConfig, request, agent)
    if (response.statusCode !== 401) return response
    response.resume()
    return this.#exchange(await this.#refresh(kubeConfig), request, agent)
  }

  async #exchange(kubeConfig: KubeConfig, request: HttpRequest, agent: 'requests' | 'watches') {
    const { headers, agent: _clientNodeAgent, ...tls } = await this.#credentialsOf(kubeConfig)
    const pool = await this.#poolFor(kubeConfig)
    request.signal.throwIfAborted()
    const { server } = kubeConfig.getCurrentCluster()!
    tieProxyTo(request.signal, pool[agent])
    return exchange(server, request, { ...tls, headers: { ...headers, ...request.headers }, agent: pool[agent] })
  }

  async #poolFor(kubeConfig: KubeConfig): Promise<Pool> {
    if (this.#pool) return this.#pool
    const { proxyUrl } = kubeConfig.getCurrentCluster()!
    const proxyAgent = proxyUrl ? ((await this.#credentialsOf(kubeConfig)).agent as http.Agent) : undefined
    // Whoever comes after the last election's end would open what nobody closes.
    if (this.#users === 0) throw new Error('the election has ended')
    this.#pool ??= acquirePool(kubeConfig, proxyAgent)
    return this.#pool
  }

  /** Made for every request anew, but concurrent requests share them. */
  #credentialsOf(kubeConfig: KubeConfig): Promise<Credentials> {
    const now = performance.now()
    const current = this.#credentials
    if (current?.of === kubeConfig && now - current.since < PLUG_IN_PATIENCE) return current.making
    const made = { of: kubeConfig, since: now, making: makeCredentials(kubeConfig) }
    this.#credentials = made
    const forget = () => {
      /* v8 ignore next -- after a minute, or with a refreshed kubeconfig, others are in the making */
      if (this.#credentials === made) this.#credentials = undefined
    }
    made.making.then(forget, forget)
    return made.making
  }

  /** Concurrent requests that were refused share one refresh. */
  #refresh(refused: KubeConfig): Promise<KubeConfig> {
    const before = this.#loading
    this.#loading = this.#load(async () => {
      // None is left where an earlier refresh failed, or the last election has ended meanwhile.
      const current = before ? await before : refused
      return current === refused ? reloadKubeConfig(this.#source, refused) : current
    })
    return this.#loading
  }

  /** A failed load is not kept: the next request tries again. */
  #load(load: () => Promise<KubeConfig>): Promise<KubeConfig> {
    const loading = load()
    loading.catch(() => {
      if (this.#loading === loading) this.#loading = undefined
    })
    return loading
  }
}

async function makeCredentials(kubeConfig: KubeConfig): Promise<Credentials> {
  const options: Credentials = {}
  await kubeConfig.applyToHTTPSOptions(options)
  return options
}

function exchange(
  server: string,
  { method, path, body, signal }: HttpRequest,
  options: https.RequestOptions,
): Promise<http.IncomingMessage> {
  const url = new URL(server.replace(/\/+$/, '') + path)
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
