/** Removes what nobody holds any more: Leases whose owners are gone, and the content of namespaces that go away. */
import { Collection } from './collection.ts'
import { LEASES, NAMESPACES, PODS, RESOURCES } from './resources.ts'
import type { Store, StoredObject } from './store.ts'

type Owner = NonNullable<StoredObject['metadata']['ownerReferences']>[number]

/** Collects after each change that may leave something behind, soon but not within the request, as the real one does. */
export function startGarbageCollector(store: Store): { stop(): void } {
  let scheduled: NodeJS.Immediate | undefined
  const unsubscribe = store.subscribe(({ resource, type }) => {
    if (type === 'DELETED' ? resource === LEASES.resource : resource === PODS.resource) return
    scheduled ??= setImmediate(() => {
      scheduled = undefined
      collectLeases(store)
      collectNamespaces(store)
    })
  })
  return {
    stop: () => {
      unsubscribe()
      clearImmediate(scheduled)
    },
  }
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

function collectLeases(store: Store): void {
  const leases = new Collection(store, LEASES)
  for (const lease of store.list(LEASES.resource)) {
    const { name, namespace = '', ownerReferences } = lease.metadata
    if (!Array.isArray(ownerReferences) || ownerReferences.length === 0) continue
    const living = ownerReferences.filter((owner: Owner) => isAlive(store, namespace, owner))
    if (living.length === ownerReferences.length) continue
    if (living.length === 0) leases.delete(namespace, name)
    else store.replace(LEASES.resource, { ...lease, metadata: { ...lease.metadata, ownerReferences: living } })
  }
}

/** A terminating pod still counts. Of other kinds the server knows nothing, so it leaves them alone. */
function isAlive(store: Store, namespace: string, owner: Owner): boolean {
  if (owner?.kind !== 'Pod') return true
  return store.get(PODS.resource, namespace, owner.name)?.metadata.uid === owner.uid
}
