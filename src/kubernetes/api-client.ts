/**
 * The elections of one kubeconfig as clients of its API server: who they are, and what they send.
 *
 * Credentials are made for every request anew: a rotated token or certificate is picked up without a restart. A request
 * is sent once, except that refused credentials (401) are refreshed and it is sent once more.
 */
import type { Urgency } from '../lease/attempt.ts'
import type { Clock } from '../lease/clock.ts'
import { systemClock } from '../process/system-clock.ts'
import { type ClusterAccess, type KubeConfigSource, loadAccess, reloadAccess } from './access/cluster-access.ts'
import { readAnswer, readError } from './http/body.ts'
import type { HttpResponse } from './http/exchange.ts'
import type { Outcome } from './http/request-queue.ts'
import type { LeaseVersions } from './lease-versions.ts'
import { acquireCluster, releaseCluster, type SharedCluster } from './shared-cluster.ts'

export interface ApiRequestOptions {
  readonly method: string
  /** Path and query, beneath the server's own. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal: AbortSignal
}

export interface QueuedRequest extends ApiRequestOptions {
  readonly urgency: Urgency
  /** Of those with the same key only one is under way at a time. */
  readonly alone?: string | undefined
  /**
   * Called when its turn has come, with what is known of the Leases, and the moment since which it has waited. What it
   * throws, rejects, and nothing is sent.
   */
  readonly onTurn?: (versions: LeaseVersions, since: number) => void
  /** Called at the moment before it is sent, again where it is sent once more. */
  readonly onSent: () => void
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Milliseconds after which a kubeconfig that is still loading is asked for once more. */
const LOAD_PATIENCE = 10_000

interface Loading {
  readonly since: number
  readonly access: Promise<ClusterAccess>
  isDone: boolean
}

export class ApiClient {
  readonly #source: KubeConfigSource | undefined
  readonly #clock: Clock
  #loading: Loading | undefined
  /** Kept while there are users, so that connections outlast each request. */
  #cluster: SharedCluster | undefined
  #users = 0

  constructor(source: KubeConfigSource | undefined, clock: Clock = systemClock) {
    this.#source = source
    this.#clock = clock
  }

  /** Where the server is, loaded at the first call. A load that failed, or hangs, is begun anew. */
  access(): Promise<ClusterAccess> {
    const current = this.#loading
    if (current && (current.isDone || this.#clock.now().monotonic - current.since < LOAD_PATIENCE))
      return current.access
    return this.#load(() => loadAccess(this.#source))
  }

  /**
   * Sends a request when its turn has come, reads the whole answer and hands it to `receive`, whose result it returns:
   * what is learnt there is known to whoever has his turn next.
   */
  async send<Result>(request: QueuedRequest, receive: (answer: HttpAnswer) => Result): Promise<Result> {
    const access = await this.access()
    const first = await this.#sendOnce(access, request, (answer) =>
      answer.status === 401 ? 'refused' : { result: receive(answer) },
    )
    return first === 'refused' ? this.#sendOnce(await this.#refresh(access), request, receive) : first.result
  }

  /** Opens a stream, whose body is read while it grows. It takes no turn. */
  async open(request: ApiRequestOptions): Promise<HttpResponse> {
    const access = await this.access()
    const response = await this.#openOnce(access, request)
    if (response.status !== 401) return response
    response.body.destroy()
    return this.#openOnce(await this.#refresh(access), request)
  }

  /** What is shared with other elections, until `release` is called. */
  async share(): Promise<{ cluster: SharedCluster; release: () => void }> {
    const cluster = this.#share(await this.access())
    return { cluster, release: () => releaseCluster(cluster) }
  }

  /**
   * Keeps what is open until the returned function, to be called once, is called by the last user: then the connections
   * are closed, unless others use them, and the credentials forgotten. A later request begins anew.
   */
  acquire(): () => void {
    this.#users += 1
    return () => {
      this.#users -= 1
      if (this.#users > 0) return
      if (this.#cluster) releaseCluster(this.#cluster)
      this.#cluster = undefined
      this.#loading = undefined
    }
  }

  async #sendOnce<Result>(
    access: ClusterAccess,
    request: QueuedRequest,
    receive: (answer: HttpAnswer) => Result,
  ): Promise<Result> {
    const { signal, urgency, alone, onTurn } = request
    const credentials = await access.credentials()
    const cluster = this.#share(access)
    const { transport, versions } = cluster
    try {
      const since = versions.moment
      await transport.ready(credentials, signal)
      const leave = await transport.queue.enter({ urgency, alone, signal })
      let outcome: Outcome = 'unanswered'
      try {
        onTurn?.(versions, since)
        outcome = 'lost'
        const { status, headers, body } = await transport.send(credentials, { ...request, headers: headersOf(request) })
        const text = await (status < 400 ? readAnswer(body) : readError(body))
        outcome = 'answered'
        return receive({ status, headers, body: text })
      } finally {
        leave(signal.aborted ? 'unanswered' : outcome)
      }
    } finally {
      releaseCluster(cluster)
    }
  }

  async #openOnce(access: ClusterAccess, request: ApiRequestOptions): Promise<HttpResponse> {
    const credentials = await access.credentials()
    const cluster = this.#share(access)
    const release = () => releaseCluster(cluster)
    try {
      const toSend = { ...request, headers: headersOf(request), onSent: () => {} }
      const response = await cluster.transport.send(credentials, toSend)
      response.body.once('close', release)
      return response
    } catch (error) {
      release()
      throw error
    }
  }

  /** Used for the length of a request, and kept beyond it in place of the one that other credentials had. */
  #share(access: ClusterAccess): SharedCluster {
    // Whoever comes after the last election's end would open what nobody closes.
    if (this.#users === 0) throw new Error('the election has ended')
    if (this.#cluster?.key !== access.key) {
      const former = this.#cluster
      this.#cluster = acquireCluster(access)
      if (former) releaseCluster(former)
    }
    return acquireCluster(access)
  }

  /** Concurrent requests that were refused share one refresh. */
  #refresh(refused: ClusterAccess): Promise<ClusterAccess> {
    const before = this.#loading
    return this.#load(async () => {
      // None is left where an earlier refresh failed, or the last election has ended meanwhile.
      const current = before ? await before.access : refused
      return current === refused ? reloadAccess(this.#source) : current
    })
  }

  /** A failed load is not kept: the next request tries again. */
  #load(load: () => Promise<ClusterAccess>): Promise<ClusterAccess> {
    const loading: Loading = { since: this.#clock.now().monotonic, access: load(), isDone: false }
    this.#loading = loading
    loading.access.then(
      () => {
        loading.isDone = true
      },
      () => {
        if (this.#loading === loading) this.#loading = undefined
      },
    )
    return loading.access
  }
}

const USER_AGENT = 'kubernetes-leader-election'

function headersOf({ headers }: ApiRequestOptions): Readonly<Record<string, string>> {
  return { Accept: 'application/json', 'User-Agent': USER_AGENT, ...headers }
}
