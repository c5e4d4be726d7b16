/** Pods: owners of Leases, and nothing more. No process belongs to one. */
import { PODS } from '../objects/resources.ts'
import type { StoredObject } from '../objects/stored-object.ts'
import { createNamespace } from './namespaces.ts'
import { type Store, timestamp } from './store.ts'

/** The pod of this name; it and its namespace are created where they are absent. */
export function podOf(store: Store, namespace: string, name: string): StoredObject {
  createNamespace(store, namespace)
  return (
    store.get(PODS.resource, namespace, name) ??
    store.create(PODS.resource, { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } })
  )
}

/** It begins to terminate; it still counts as an owner until it is deleted. */
export function terminatePod(store: Store, namespace: string, name: string): void {
  const pod = podOf(store, namespace, name)
  store.replace(PODS.resource, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: timestamp() } })
}

/** It is gone: the garbage collector takes what only it owned. */
export function deletePod(store: Store, namespace: string, name: string): void {
  store.delete(PODS.resource, namespace, name)
}
