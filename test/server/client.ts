/** Plain HTTP to the embedded server, without any client library: what is really on the wire. */
import type { LeaseServer } from '../../src/testing/index.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sent, looked into by matchers
  readonly body: any
}

export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
export const MERGE = 'application/merge-patch+json'

export function client(server: LeaseServer, identity?: string) {
  const { token } = server.kubeConfig(identity).getCurrentUser() as { token: string }
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<Answer> => {
    const response = await fetch(server.url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { 'Content-Type': contentType }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
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
      const aborted = new AbortController()
      const response = await fetch(`${server.url}${LEASES}?watch=true&${query}`, {
        headers: { Authorization: `Bearer ${token}` },
        signal: aborted.signal,
      })
      const events: WatchEvent[] = []
      let rest = ''
      const finished = (async () => {
        for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop()!
          for (const line of lines) events.push(JSON.parse(line) as WatchEvent)
          if (until(events)) break
        }
        aborted.abort()
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
