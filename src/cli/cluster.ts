/** Requests of the commands that look at a cluster rather than stand in it: one at a time, each with an end. */
import { messageOf } from '../errors.ts'
import { ApiClient } from '../kubernetes/api-client.ts'
import { parseStatus } from '../kubernetes/api-errors.ts'

export interface Answer {
  readonly status: number
  /** Parsed JSON; text where it is none. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds from its sending. */
  readonly took: number
}

export interface ClusterRequest {
  /** Default: a merge patch for PATCH, else JSON. */
  readonly contentType?: string
  /** Milliseconds. Default 10,000. */
  readonly timeout?: number
  /** Ends it sooner. */
  readonly signal?: AbortSignal
}

/** The cluster of KUBECONFIG, ~/.kube/config or the pod's service account, until it is disposed of. */
export class Cluster implements Disposable {
  readonly #client = new ApiClient(undefined)
  readonly #release = this.#client.acquire()

  /** Where it is. @throws KubeConfigError where none is known. */
  async server(): Promise<string> {
    return (await this.#client.access()).server
  }

  /** The namespace that is meant where none is named. */
  async namespace(): Promise<string> {
    return (await this.#client.access()).namespace || 'default'
  }

  /** Reads the credentials, as each request does. @throws Error that says which can't be read. */
  async readCredentials(): Promise<void> {
    await (await this.#client.access()).credentials()
  }

  /** What the server speaks; undefined before the first request. */
  async protocol(): Promise<'h2' | 'http/1.1' | undefined> {
    const { cluster, release } = await this.#client.share()
    try {
      return cluster.transport.protocol
    } finally {
      release()
    }
  }

  /** Resolves with whatever is answered. @throws Error where nothing is, with what was asked. */
  async request(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    { contentType, timeout = 10_000, signal }: ClusterRequest = {},
  ): Promise<Answer> {
    let sentAt = performance.now()
    const timedOut = AbortSignal.timeout(timeout)
    const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json')
    const request = {
      method,
      path,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': type } }),
      signal: signal ? AbortSignal.any([signal, timedOut]) : timedOut,
      urgency: { purpose: 'look' },
      onSent: () => {
        sentAt = performance.now()
      },
    } as const
    try {
      return await this.#client.send(request, ({ status, headers, body: text }) => ({
        status,
        headers,
        body: parsed(text),
        took: performance.now() - sentAt,
      }))
    } catch (error) {
      const why = timedOut.aborted ? `no answer within ${timeout / 1000} s` : messageOf(error)
      throw new Error(`${method} ${path}: ${why}`, { cause: error })
    }
  }

  [Symbol.dispose](): void {
    this.#release()
  }
}

/** Of the pods of a namespace. */
export const podsPath = (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`

export const podPath = (namespace: string, name: string) => `${podsPath(namespace)}/${encodeURIComponent(name)}`

/** What the server says with an answer that is no success, in its own words. */
export function saidBy({ status, body }: Answer): string {
  const said = parseStatus(body)?.message ?? (typeof body === 'string' ? body.trim().slice(0, 200) : '')
  return said ? `${status}: ${said}` : String(status)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
