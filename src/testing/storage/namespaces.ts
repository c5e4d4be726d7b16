/** Namespaces: their beginning, their end, and what that means for what is in them. */
import { NAMESPACES, named, type Resource } from '../objects/resources.ts'
import { failure, notFound, StatusError } from '../status.ts'
import { type Store, timestamp } from './store.ts'

/** Creates it where it is absent. */
export function createNamespace(store: Store, name: string): void {
  if (store.get(NAMESPACES.resource, '', name)) return
  store.create(NAMESPACES.resource, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} })
}

/** It begins to terminate: the garbage collector ends it. */
export function terminateNamespace(store: Store, name: string): void {
  const namespace = store.get(NAMESPACES.resource, '', name)
  if (!namespace) return
  const metadata = { ...namespace.metadata, deletionTimestamp: timestamp() }
  store.replace(NAMESPACES.resource, { ...namespace, metadata })
}

/** @throws StatusError 404 for a namespace that does not exist, 403 for one that is going away. */
export function checkNamespace(store: Store, resource: Resource, namespace: string, name: string): void {
  if (!resource.isNamespaced) return
  const found = store.get(NAMESPACES.resource, '', namespace)
  if (!found) throw notFound(named(NAMESPACES, namespace))
  if (found.metadata.deletionTimestamp) throw terminating(resource, name, namespace)
}

/** @throws StatusError 403: nothing new in a namespace that is going away. */
function terminating(resource: Resource, name: string, namespace: string): StatusError {
  const subject = `${resource.resource}${resource.group ? `.${resource.group}` : ''} "${name}"`
  const message = `${subject} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`
  return new StatusError(
    failure(403, 'Forbidden', message, {
      name,
      group: resource.group,
      kind: resource.resource,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    }),
  )
}
