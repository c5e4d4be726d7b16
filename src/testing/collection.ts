/** A collection of objects of one resource: what each verb does to the store. */
import { randomUUID } from 'node:crypto'
import { APPLY_PATCH, applyPatch } from './patch.ts'
import { apiVersionOf, LEASES, named, type Resource } from './resources.ts'
import type { Selector } from './selectors.ts'
import { alreadyExists, badRequest, conflict, failure, invalid, StatusError, success } from './status.ts'
import {
  checkPreconditions,
  checkVersion,
  existing,
  type NewObject,
  type Preconditions,
  type Store,
  type StoredObject,
  timestamp,
} from './store.ts'

/** Options of a write, from its query. */
export interface WriteOptions {
  /** Everything is checked, nothing is stored. */
  readonly isDryRun?: boolean
  readonly fieldManager?: string | undefined
}

export interface Written {
  readonly object: StoredObject
  readonly isCreated: boolean
}

type Fields = Record<string, unknown>
/** A decoded body: some metadata, and whatever else the resource has. */
type Body = Fields & { readonly metadata: Fields }

export class Collection {
  readonly #store: Store
  readonly #resource: Resource

  constructor(store: Store, resource: Resource) {
    this.#store = store
    this.#resource = resource
  }

  get(namespace: string, name: string): StoredObject {
    return existing(this.#store, named(this.#resource, name), namespace)
  }

  create(namespace: string, body: unknown, options: WriteOptions = {}): StoredObject {
    const { metadata, ...rest } = this.#decode(body)
    if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
    checkSame('namespace', metadata.namespace, namespace)
    const name = metadata.name || generateName(metadata.generateName)
    const given = withoutNulls({ ...metadata, name, ...this.#scope(namespace) })
    const object = { ...rest, metadata: given } as Body
    this.#resource.validate(object)
    const object_ = named(this.#resource, name as string)
    if (this.#store.get(this.#resource.resource, namespace, object_.name)) throw alreadyExists(object_)
    const { uid: _uid, creationTimestamp: _at, resourceVersion: _version, deletionTimestamp: _deleted, ...kept } = given
    const created = { ...object, metadata: kept } as unknown as NewObject
    return options.isDryRun ? preview(created) : this.#store.create(this.#resource.resource, created)
  }

  /** PUT: replaces; on an absent object it creates, unless the body carries a uid. */
  update(namespace: string, name: string, body: unknown, options: WriteOptions = {}): Written {
    const decoded = this.#decode(body)
    const { metadata } = decoded
    checkSame('name', metadata.name, name)
    checkSame('namespace', metadata.namespace, namespace)
    const before = this.#store.get(this.#resource.resource, namespace, name)
    if (!before) {
      if (metadata.uid) {
        const cause = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: `
        throw conflict(named(this.#resource, name), cause)
      }
      const { resourceVersion: _ignored, ...rest } = metadata
      const object = this.create(namespace, { ...decoded, metadata: { ...rest, name } }, options)
      return { object, isCreated: true }
    }
    if (!metadata.resourceVersion) throw this.#missingVersion(name)
    return { object: this.#replace(before, { ...decoded, metadata: { ...metadata, name } }, options), isCreated: false }
  }

  /** An apply patch creates what is absent; the others need it to exist. */
  patch(namespace: string, name: string, patch: unknown, contentType: string, options: WriteOptions = {}): Written {
    const isApply = contentType === APPLY_PATCH
    if (isApply && !options.fieldManager) {
      throw badRequest(
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      )
    }
    const before = this.#store.get(this.#resource.resource, namespace, name)
    if (!before && isApply) {
      const { metadata } = this.#decode(patch)
      if (metadata.uid || metadata.resourceVersion)
        throw conflict(named(this.#resource, name), 'the object does not exist')
      const body = { ...(patch as Fields), metadata: { ...metadata, name } }
      return { object: this.create(namespace, body, options), isCreated: true }
    }
    const current = before ?? this.get(namespace, name)
    const patched = applyPatch(current, patch, contentType) as Body
    const metadata = patched.metadata ?? {}
    if (!metadata.resourceVersion) throw this.#missingVersion(name)
    checkSame('name', metadata.name, name)
    checkSame('namespace', metadata.namespace, namespace)
    return { object: this.#replace(current, this.#decode(patched), options), isCreated: false }
  }

  /** What carries finalizers only begins to be deleted, and is gone when the last of them is; so does a namespace. */
  delete(namespace: string, name: string, preconditions: Preconditions = {}, options: WriteOptions = {}) {
    const object = this.get(namespace, name)
    checkPreconditions(object, preconditions, named(this.#resource, name))
    const details = { name, group: this.#resource.group, kind: this.#resource.resource, uid: object.metadata.uid }
    if (options.isDryRun) return success(details)
    if (object.metadata.finalizers?.length || this.#resource.endsGradually) return this.#markDeleted(object)
    this.#store.delete(this.#resource.resource, namespace, name)
    return success(details)
  }

  deleteCollection(namespace: string | undefined, selects: Selector, options: WriteOptions = {}): StoredObject[] {
    const objects = this.#store.list(this.#resource.resource, namespace).filter(selects)
    for (const { metadata } of objects) this.delete(metadata.namespace ?? '', metadata.name, {}, options)
    return objects
  }

  #markDeleted(object: StoredObject): StoredObject {
    if (object.metadata.deletionTimestamp) return object
    const metadata = { ...object.metadata, deletionTimestamp: timestamp() }
    return this.#store.replace(this.#resource.resource, { ...object, metadata })
  }

  /** A stale version is found before a changed uid, as on the real server. */
  #replace(before: StoredObject, { metadata, ...rest }: Body, { isDryRun }: WriteOptions): StoredObject {
    const { name, uid, creationTimestamp, deletionTimestamp, namespace = '' } = before.metadata
    checkVersion(before, metadata.resourceVersion, named(this.#resource, name))
    const kept = { creationTimestamp, uid: metadata.uid ?? uid, ...(deletionTimestamp && { deletionTimestamp }) }
    const after = { ...rest, metadata: withoutNulls({ ...metadata, ...this.#scope(namespace), ...kept }) }
    this.#resource.validate(after)
    if (after.metadata.uid !== uid) {
      throw this.#invalid(
        name,
        'metadata.uid',
        `Invalid value: ${JSON.stringify(after.metadata.uid)}: field is immutable`,
      )
    }
    const object = after as unknown as StoredObject
    if (isDryRun) return object
    const stored = this.#store.replace(this.#resource.resource, object)
    const isFinished = stored.metadata.deletionTimestamp && !stored.metadata.finalizers?.length
    if (isFinished) this.#store.delete(this.#resource.resource, namespace, name)
    return stored
  }

  #decode(body: unknown): Body {
    if (!isObject(body)) throw badRequest('the body of the request is not an object')
    const expected = apiVersionOf(this.#resource)
    const { apiVersion = expected, kind = this.#resource.kind, metadata = {}, ...rest } = body
    if (apiVersion !== expected || kind !== this.#resource.kind) {
      throw badRequest(
        `the API version in the data (${apiVersion}, Kind=${kind}) does not match the expected API version ` +
          `(${expected}, Kind=${this.#resource.kind})`,
      )
    }
    if (!isObject(metadata)) {
      throw badRequest(
        `${kind} in version "${this.#resource.version}" cannot be handled as a ${kind}: metadata: expected an object`,
      )
    }
    const { spec } = rest
    return { apiVersion, kind, ...rest, metadata, ...(isObject(spec) && { spec: withoutNulls(spec) }) }
  }

  #scope(namespace: string) {
    return this.#resource.isNamespaced ? { namespace } : {}
  }

  #missingVersion(name: string): StatusError {
    return this.#invalid(name, 'metadata.resourceVersion', 'Invalid value: 0x0: must be specified for an update')
  }

  #invalid(name: string, field: string, message: string): StatusError {
    const { group, resource, kind } = this.#resource
    return invalid({ group, resource, kind, name }, [{ field, reason: 'FieldValueInvalid', message }])
  }
}

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

/** @throws StatusError 403: nothing new in a namespace that is going away. */
export function terminating(resource: Resource, name: string, namespace: string): StatusError {
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

/** What a dry run would have stored. */
function preview(object: NewObject): StoredObject {
  const metadata = { uid: randomUUID(), creationTimestamp: timestamp(), resourceVersion: '', ...object.metadata }
  return { ...object, metadata }
}

function checkSame(field: string, inBody: unknown, inUrl: string): void {
  if (inBody === undefined || inBody === '' || inBody === null || inBody === inUrl) return
  throw badRequest(`the ${field} of the object (${inBody}) does not match the ${field} on the URL (${inUrl})`)
}

function generateName(prefix: unknown): string | undefined {
  return typeof prefix === 'string' && prefix ? prefix + randomUUID().slice(0, 5) : undefined
}

/** null means "zero value" in a body: the field is as if it were absent. */
function withoutNulls(value: Fields): Fields {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null && each !== undefined))
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
