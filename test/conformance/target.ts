/**
 * What the conformance tests run against: the embedded server, or the API server of the kubeconfig that
 * CONFORMANCE_KUBECONFIG names (`npm run conformance -- --kubeconfig FILE`).
 *
 * Each test has a namespace of its own, which is deleted at its end.
 */
import { randomUUID } from 'node:crypto'
import { KubeConfig } from '@kubernetes/client-node'
import { Connection } from '../../src/kubernetes/connection.ts'
import { startLeaseServer } from '../../src/testing/index.ts'

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sent, looked into by matchers
  readonly body: any
}

export interface WatchEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly object: any
}

export type Target = Awaited<ReturnType<typeof connectTarget>>

const MERGE = 'application/merge-patch+json'

export async function connectTarget() {
  const file = process.env.CONFORMANCE_KUBECONFIG
  const server = file ? undefined : await startLeaseServer()
  const kubeConfig = server?.kubeConfig() ?? new KubeConfig()
  if (file) kubeConfig.loadFromFile(file)
  const connection = new Connection(kubeConfig)
  const release = connection.acquire()
  const ended = new AbortController()
  const request = (method: string, path: string, body: unknown, contentType: string) => ({
    method,
    path,
    headers: { Accept: 'application/json', ...(body !== undefined && { 'Content-Type': contentType }) },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    signal: ended.signal,
  })

  const send = async (
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<Answer> => {
    const answer = await connection.send(request(method, path, body, contentType))
    return { status: answer.status, body: answer.body.startsWith('{') ? JSON.parse(answer.body) : answer.body }
  }
  const namespace = `conformance-${randomUUID()}`
  await send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`

  return {
    namespace,
    leases,
    send,
    create: (lease: object, path = leases) => send('POST', path, lease),
    get: (name: string) => send('GET', `${leases}/${name}`),
    patch: (name: string, patch: unknown, contentType = MERGE) =>
      send('PATCH', `${leases}/${name}`, patch, contentType),
    put: (name: string, lease: object) => send('PUT', `${leases}/${name}`, lease),
    remove: (name: string, body?: object) => send('DELETE', `${leases}/${name}`, body),
    /** Opens a watch; `finished` has its events when they are enough, or the server has ended it. */
    watch: async (query: string, areEnough: (events: WatchEvent[]) => boolean = () => false) => {
      const { status, response } = await connection.open(request('GET', `${leases}?watch=true&${query}`, undefined, ''))
      const read = async () => {
        const events: WatchEvent[] = []
        let rest = ''
        for await (const chunk of response.setEncoding('utf8')) {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop()!
          for (const line of lines) events.push(JSON.parse(line) as WatchEvent)
          if (areEnough(events)) break
        }
        return events
      }
      return { status, finished: read() }
    },
    async [Symbol.asyncDispose]() {
      await send('DELETE', `/api/v1/namespaces/${namespace}`)
      ended.abort(new Error('the test has ended'))
      release()
      await server?.close()
    },
  }
}
