/** Removes Leases whose owners are gone: an owner is gone when no pod of its name has its uid. */
import type { Store, StoredObject } from './store.ts'

type Owner = NonNullable<StoredObject['metadata']['ownerReferences']>[number]

/** Collects after each change of a pod or a Lease, soon but not within the request, as the real one does. */
export function startGarbageCollector(store: Store): { stop(): void } {
  let scheduled: NodeJS.Immediate | undefined
  const unsubscribe = store.subscribe(({ resource, type }) => {
    if (resource !== 'pods' && resource !== 'leases') return
    if (resource === 'pods' && type !== 'DELETED') return
    scheduled ??= setImmediate(() => {
      scheduled = undefined
      collect(store)
    })
  })
  return {
    stop: () => {
      unsubscribe()
      clearImmediate(scheduled)
    },
  }
}

function collect(store: Store): void {
  for (const lease of store.list('leases')) {
    const { name, namespace = '', ownerReferences } = lease.metadata
    if (!Array.isArray(ownerReferences) || ownerReferences.length === 0) continue
    const living = ownerReferences.filter((owner: Owner) => isAlive(store, namespace, owner))
    if (living.length === ownerReferences.length) continue
    if (living.length === 0) store.delete('leases', namespace, name)
    else store.replace('leases', { ...lease, metadata: { ...lease.metadata, ownerReferences: living } })
  }
}

/** A terminating pod still counts. Of other kinds the server knows nothing, so it leaves them alone. */
function isAlive(store: Store, namespace: string, owner: Owner): boolean {
  if (owner?.kind !== 'Pod') return true
  return store.get('pods', namespace, owner.name)?.metadata.uid === owner.uid
}
