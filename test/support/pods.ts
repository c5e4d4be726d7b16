/** The pods of an embedded server, as a watch of them tells. */
import { onTestFinished } from 'vitest'
import type { LeaseServer, StoredObject } from '../../src/testing/index.ts'
import { client, MERGE } from '../server/client.ts'
import { transportTo } from '../server/transport.ts'

const PODS = '/api/v1/namespaces/default/pods'

export class Pods {
  /** By name: the labels that each has now. */
  readonly labels = new Map<string, Readonly<Record<string, string>>>()
  readonly #waiting = new Set<() => void>()
  readonly #server: LeaseServer

  private constructor(server: LeaseServer) {
    this.#server = server
  }

  static async watch(server: LeaseServer): Promise<Pods> {
    const pods = new Pods(server)
    const { token } = server.kubeConfig().getCurrentUser() as { token: string }
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    const { body } = await transportTo(
      server,
      'HTTP/1.1',
    )({
      method: 'GET',
      path: `${PODS}?watch=true`,
      headers: { Authorization: `Bearer ${token}` },
      signal: abort.signal,
    })
    let rest = ''
    body.on('error', () => {})
    body.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) pods.#take((JSON.parse(line) as { object: StoredObject }).object)
    })
    return pods
  }

  /** As by somebody with kubectl. */
  async label(pod: string, labels: Readonly<Record<string, string>>): Promise<void> {
    this.#server.pod(pod)
    await client(this.#server).send('PATCH', `${PODS}/${pod}`, { metadata: { labels } }, MERGE)
  }

  with(key: string): string[] {
    return [...this.labels].filter(([, labels]) => key in labels).map(([name]) => name)
  }

  /** Resolves when exactly these have a label of that name. */
  until(key: string, names: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (String(this.with(key).sort()) !== String([...names].sort())) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  #take({ metadata }: StoredObject): void {
    this.labels.set(metadata.name, (metadata.labels as Record<string, string> | undefined) ?? {})
    for (const look of [...this.#waiting]) look()
  }
}
