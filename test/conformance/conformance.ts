/** What a case of the suite works with: the Leases of a namespace of its own, and names that no other case uses. */
import { randomBytes } from 'node:crypto'
import type { Answer, Sent, Target, WatchEvent } from './target.ts'

export const JSON_PATCH = 'application/json-patch+json'
export const MERGE_PATCH = 'application/merge-patch+json'
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json'
export const APPLY_PATCH = 'application/apply-patch+yaml'
export const API_VERSION = 'coordination.k8s.io/v1'

/** One fact, as a sentence, and how to find out whether it holds. */
export interface Case {
  readonly fact: string
  readonly check: (leases: Leases) => Promise<void>
}

export class Leases {
  readonly target: Target
  readonly namespace: string
  /** Where the Leases of the namespace are. */
  readonly path: string

  constructor(target: Target, namespace: string) {
    this.target = target
    this.namespace = namespace
    this.path = `/apis/${API_VERSION}/namespaces/${namespace}/leases`
  }

  /** A name that is not in use. */
  name(): string {
    return `lease-${randomBytes(5).toString('hex')}`
  }

  send(method: string, name: string, sent?: Sent): Promise<Answer> {
    return this.target.send(method, name ? `${this.path}/${name}` : this.path, sent)
  }

  /** A new Lease, as the server answered. */
  async created(name: string, spec: object = { holderIdentity: 'a' }, metadata: object = {}) {
    const answer = await this.create({ metadata: { ...metadata, name }, spec })
    if (answer.status !== 201) throw new Error(`the case could not begin: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  create(lease: object, query = ''): Promise<Answer> {
    return this.target.send('POST', this.path + query, { body: lease })
  }

  get(name: string, query = ''): Promise<Answer> {
    return this.target.send('GET', `${this.path}/${name}${query}`)
  }

  list(query = '', headers?: Record<string, string>): Promise<Answer> {
    return this.target.send('GET', this.path + query, headers ? { headers } : {})
  }

  patch(name: string, patch: unknown, contentType = MERGE_PATCH, query = ''): Promise<Answer> {
    return this.target.send('PATCH', `${this.path}/${name}${query}`, { body: patch, contentType })
  }

  update(name: string, lease: object): Promise<Answer> {
    return this.target.send('PUT', `${this.path}/${name}`, { body: lease })
  }

  remove(name: string, options?: object): Promise<Answer> {
    return this.target.send('DELETE', `${this.path}/${name}`, options ? { body: options } : {})
  }

  watch(query: string, isEnough?: (events: readonly WatchEvent[]) => boolean) {
    return this.target.watch(this.path, query, isEnough)
  }

  /** The events of one Lease, from the present state on, until that many. */
  watchOne(name: string, count: number, query = '') {
    return this.watch(`fieldSelector=metadata.name%3D${name}${query}`, (events) => events.length >= count)
  }
}
