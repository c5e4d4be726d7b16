/** Removes what nobody holds any more: Leases whose owners are gone, and the content of namespaces that go away. */

import { LEASES, NAMESPACES, PODS, RESOURCES } from '../objects/resources.ts'
import type { StoredObject } from '../objects/stored-object.ts'
import { Collection } from './collection.ts'
import type { Store } from './store.ts'

type Owner = NonNullable<StoredObject['metadata']['ownerReferences']>[number]

/** Collects after each change that may leave something behind, soon but not within the request, as the real one does. */
export function startGarbageCollector(store: Store): { stop(): void } {
  let scheduled: NodeJS.Immediate | undefined
  /** Leases that have changed; every other one is where it was. */
  let changed = new Set<string>()
  let hasLostOwners = false
  const collect = () => {
    scheduled = undefined
    const leases = hasLostOwners ? store.list(LEASES.resource) : [...changed].map((id) => leaseOf(store, id))
    hasLostOwners = false
    changed = new Set()
    for (const lease of leases) if (lease) collectLease(store, lease)
    collectNamespaces(store)
  }
  const unsubscribe = store.subscribe(({ resource, type, object: { metadata } }) => {
    if (resource === LEASES.resource && type !== 'DELETED' && metadata.ownerReferences) {
      changed.add(`${metadata.namespace}/${metadata.name}`)
    } else if (resource === PODS.resource && type === 'DELETED') hasLostOwners = true
    else if (!isInTerminatingNamespace(store, resource, metadata)) return
    scheduled ??= setImmediate(collect)
  })
  return {
    stop: () => {
      unsubscribe()
      clearImmediate(scheduled)
    },
  }
}

function leaseOf(store: Store, id: string): StoredObject | undefined {
  const [namespace = '', name = ''] = id.split('/')
  return store.get(LEASES.resource, namespace, name)
}

/** Also the namespace itself, once it terminates. */
function isInTerminatingNamespace(store: Store, resource: string, metadata: StoredObject['metadata']): boolean {
  const name = resource === NAMESPACES.resource ? metadata.name : (metadata.namespace ?? '')
  return store.get(NAMESPACES.resource, '', name)?.metadata.deletionTimestamp !== undefined
}

/** A namespace that terminates takes its content along, and is gone when that is. */
function collectNamespaces(store: Store): void {
  for (const { metadata } of store.list(NAMESPACES.resource)) {
    if (!metadata.deletionTimestamp) continue
    const contents = RESOURCES.filter(({ isNamespaced }) => isNamespaced)
    for (const resource of contents) new Collection(store, resource).deleteCollection(metadata.name, () => true)
    const isEmpty = contents.every(({ resource }) => store.list(resource, metadata.name).length === 0)
    if (isEmpty) store.delete(NAMESPACES.resource, '', metadata.name)
  }
}

function collectLease(store: Store, lease: StoredObject): void {
  const { name, namespace = '', ownerReferences } = lease.metadata
  if (!Array.isArray(ownerReferences) || ownerReferences.length === 0) return
  const living = ownerReferences.filter((owner: Owner) => isAlive(store, namespace, owner))
  if (living.length === ownerReferences.length) return
  if (living.length === 0) new Collection(store, LEASES).delete(namespace, name)
  else store.replace(LEASES.resource, { ...lease, metadata: { ...lease.metadata, ownerReferences: living } })
}

/** A terminating pod still counts. Of other kinds the server knows nothing, so it leaves them alone. */
function isAlive(store: Store, namespace: string, owner: Owner): boolean {
  if (owner?.kind !== 'Pod') return true
  return store.get(PODS.resource, namespace, owner.name)?.metadata.uid === owner.uid
}
