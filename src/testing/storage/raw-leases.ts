/** Leases as a test puts them there: nothing is checked. */
import { randomUUID } from 'node:crypto'
import type { Fields } from '../objects/fields.ts'
import { apiVersionOf, LEASES } from '../objects/resources.ts'
import type { StoredObject } from '../objects/stored-object.ts'
import { type Store, timestamp } from './store.ts'

/** Stores a Lease that a test wants to see handled, valid or not. */
export function putRaw(store: Store, namespace: string, lease: Fields): StoredObject {
  const metadata = lease.metadata as Fields | undefined
  const name = metadata?.name
  if (typeof name !== 'string') throw new TypeError('leases.put needs metadata.name')
  const before = store.get(LEASES.resource, namespace, name)
  const identity = before
    ? { uid: before.metadata.uid, creationTimestamp: before.metadata.creationTimestamp }
    : { uid: randomUUID(), creationTimestamp: timestamp() }
  const object = {
    apiVersion: apiVersionOf(LEASES),
    kind: 'Lease',
    ...lease,
    metadata: { ...identity, ...metadata, namespace },
  }
  return store.replace(LEASES.resource, object as unknown as StoredObject)
}
