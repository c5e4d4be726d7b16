/** Requests to the embedded server, without any client library of Kubernetes: what is really on the wire. */
import type { LeaseServer } from '../../src/testing/index.ts'
import { type Protocol, textOf, transportTo } from './transport.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sent, looked into by matchers
  readonly body: any
}

export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
export const MERGE = 'application/merge-patch+json'

export function client(server: LeaseServer, identity?: string, protocol: Protocol = 'HTTP/1.1') {
  const { token } = server.kubeConfig(identity).getCurrentUser() as { token: string }
  const open = transportTo(server, protocol)
  const authorized = { Authorization: `Bearer ${token}` }
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
    { signal, ...more }: { signal?: AbortSignal; headers?: Record<string, string> } = {},
  ): Promise<Answer> => {
    const response = await open({
      method,
      path,
      headers: { ...authorized, ...(body !== undefined && { 'Content-Type': contentType }), ...more.headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    const text = await textOf(response.body)
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
  return {
    send,
    create: (lease: object, path = LEASES) => send('POST', path, lease),
    get: (name: string) => send('GET', `${LEASES}/${name}`),
    patch: (name: string, patch: unknown, contentType = MERGE) =>
      send('PATCH', `${LEASES}/${name}`, patch, contentType),
    put: (name: string, lease: object) => send('PUT', `${LEASES}/${name}`, lease),
    remove: (name: string, body?: object) => send('DELETE', `${LEASES}/${name}`, body),
    /** The lines of a watch, until `until` says that they are enough or the server ends it. */
    watch: async (query: string, until: (events: WatchEvent[]) => boolean = () => false) => {
      const path = `${LEASES}?watch=true&${query}`
      const response = await open({ method: 'GET', path, headers: authorized })
      const events: WatchEvent[] = []
      let rest = ''
      const finished = (async () => {
        for await (const chunk of response.body.setEncoding('utf8')) {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop()!
          for (const line of lines) events.push(JSON.parse(line) as WatchEvent)
          if (until(events)) break
        }
        response.body.destroy()
        return events
      })()
      return { status: response.status, finished }
    },
  }
}

export interface WatchEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly object: any
}
