/** What each verb does, once it is allowed: the status and the body of the answer. */
import type { FaultEffect, Verb } from '../faults.ts'
import { deleteOptionsOf } from '../objects/delete-options.ts'
import { APPLY_PATCH } from '../objects/patch.ts'
import { named } from '../objects/resources.ts'
import { selectorOf } from '../objects/selectors.ts'
import { tableOf, wantsTable } from '../objects/tables.ts'
import { notFound } from '../status.ts'
import { list, readOne, withoutKind } from '../storage/lists.ts'
import { checkNamespace } from '../storage/namespaces.ts'
import { authorizerFor } from './authorization.ts'
import type { Backend } from './backend.ts'
import type { Call } from './call.ts'
import { type OptionsKind, writeOptionsOf } from './query.ts'
import { listKindOf } from './routes.ts'

const OPTIONS_KINDS: Partial<Record<Verb, OptionsKind>> = { update: 'UpdateOptions', patch: 'PatchOptions' }

/** @throws StatusError */
export function execute(backend: Backend, call: Call, { staleBy }: FaultEffect): [number, unknown] {
  const { collections, store } = backend
  const { route, body, contentType, accept } = call
  const { verb, namespace = '', name = '', query, resource } = route
  const collection = collections.get(resource.resource)!
  const writeOptions = () => {
    const options = writeOptionsOf(query, OPTIONS_KINDS[verb] ?? 'CreateOptions', {
      userAgent: call.userAgent,
      isApply: contentType === APPLY_PATCH,
      duplicates: call.duplicates,
      authorize: authorizerFor(backend, call),
    })
    call.warnings = options.warnings
    return options
  }
  if (verb === 'create' || (verb === 'patch' && contentType === APPLY_PATCH))
    checkNamespace(store, resource, namespace, call.struck.name ?? '')
  switch (verb) {
    case 'get': {
      const object = readOne(store, { resource, query, staleBy }, namespace, name)
      if (!object) throw notFound(named(resource, name))
      const { resourceVersion } = object.metadata
      return [200, wantsTable(accept) ? tableOf(resource.print, [object], { resourceVersion }) : object]
    }
    case 'list':
      return [200, list(store, { resource, namespace: route.namespace, query, accept, staleBy })]
    case 'create':
      return [201, collection.create(namespace, body, writeOptions())]
    case 'update': {
      const { object, isCreated } = collection.update(namespace, name, body, writeOptions())
      return [isCreated ? 201 : 200, object]
    }
    case 'patch': {
      const { object, isCreated } = collection.patch(namespace, name, body, contentType, writeOptions())
      return [isCreated ? 201 : 200, object]
    }
    case 'delete':
      return [200, collection.delete(namespace, name, deleteOptionsOf(query, body))]
    case 'deletecollection': {
      const items = collection.deleteCollection(route.namespace, selectorOf(resource, query), {
        isDryRun: deleteOptionsOf(query, body).isDryRun ?? false,
      })
      return [
        200,
        {
          ...listKindOf(resource),
          metadata: { resourceVersion: String(store.version) },
          items: items.map(withoutKind),
        },
      ]
    }
    default:
      throw new Error(`${verb} is not carried out here`)
  }
}
