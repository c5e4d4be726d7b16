/** Looks at Leases, at those that are named or at all of a namespace, and remembers since when each is unchanged. */
import { errorForAnswer, isNotFound } from '../../kubernetes/api-errors.ts'
import { leasesPath } from '../../kubernetes/lease-path.ts'
import { sameRecord } from '../../lease/observation.ts'
import type { LeaseRecord } from '../../lease/record.ts'
import { type Cluster, saidBy } from '../cluster.ts'
import { type LeaseObject, leaseObjectOf } from '../looking/lease-object.ts'
import { lookAtPod } from '../looking/pod.ts'
import { type LeaseView, type OwnerLook, seenAt, stateOf } from './lease-view.ts'

export interface Wanted {
  /** undefined: all. */
  readonly namespace: string | undefined
  /** None: all of the namespace. */
  readonly names: readonly string[]
}

export class Looking {
  readonly #cluster: Cluster
  readonly #wanted: Wanted
  /** By uid: another Lease of the name begins anew. */
  #known = new Map<string, { readonly record: LeaseRecord; readonly since: number }>()

  constructor(cluster: Cluster, wanted: Wanted) {
    this.#cluster = cluster
    this.#wanted = wanted
  }

  /** In the order of the names. @throws Error where one can't be looked at. */
  async look(): Promise<readonly LeaseView[]> {
    const { namespace, names } = this.#wanted
    const views =
      names.length === 0 || namespace === undefined
        ? (await this.#list(namespace)).map((lease) => this.#view(lease, []))
        : await Promise.all(names.map((name) => this.#one(namespace, name)))
    const present = new Set(views.map(({ seen }) => seen?.record.uid))
    this.#known = new Map([...this.#known].filter(([uid]) => present.has(uid)))
    return views
  }

  async #one(namespace: string, name: string): Promise<LeaseView> {
    const answer = await this.#cluster.request('GET', leasesPath(namespace, name))
    if (isNotFound(answer)) return { name, namespace, state: 'absent', seen: undefined }
    if (answer.status !== 200) throw errorForAnswer({ verb: 'get', namespace, name }, answer)
    const lease = leaseObjectOf(answer.body)
    if (lease === undefined) throw new Error(`get lease ${namespace}/${name}: the answer is no Lease`)
    return this.#view(lease, await this.#owners(lease))
  }

  async #list(namespace: string | undefined): Promise<readonly LeaseObject[]> {
    const path = namespace === undefined ? '/apis/coordination.k8s.io/v1/leases' : leasesPath(namespace)
    const answer = await this.#cluster.request('GET', path)
    const { items } = (answer.body ?? {}) as { readonly items?: readonly unknown[] }
    if (answer.status === 200 && Array.isArray(items)) return items.flatMap((item) => leaseObjectOf(item) ?? [])
    const [where, kind] = namespace === undefined ? ['the cluster', 'ClusterRole'] : [namespace, 'Role']
    const rule = '{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["list"] }'
    const mend = answer.status === 403 ? `. Name the Leases to look at, or add to a ${kind}: ${rule}` : ''
    throw new Error(`list leases of ${where}: ${saidBy(answer)}${mend}`)
  }

  #owners({ namespace, record }: LeaseObject): Promise<readonly OwnerLook[]> {
    return Promise.all(
      record.owners.map(async (owner) => {
        const look = owner.kind === 'Pod' ? await lookAtPod(this.#cluster, namespace, owner) : undefined
        return { ...owner, look }
      }),
    )
  }

  #view({ name, namespace, record, writer }: LeaseObject, owners: readonly OwnerLook[]): LeaseView {
    const now = performance.now()
    const known = this.#known.get(record.uid)
    const since = known && sameRecord(known.record, record) ? known.since : now
    this.#known.set(record.uid, { record, since })
    const seen = seenAt({ record, writer, owners, unchanged: now - since }, Date.now())
    return { name, namespace, state: stateOf(seen), seen }
  }
}
