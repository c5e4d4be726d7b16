/** The Lease resource: what each verb does to the store. */
import { randomUUID } from 'node:crypto'
import { validateLease } from './lease-validation.ts'
import { applyPatch } from './patch.ts'
import { alreadyExists, badRequest, conflict, invalid, success } from './status.ts'
import {
  checkPreconditions,
  checkVersion,
  existing,
  type NewObject,
  type Preconditions,
  type Store,
  type StoredObject,
} from './store.ts'

const LEASES = { group: 'coordination.k8s.io', resource: 'leases' } as const
const API_VERSION = 'coordination.k8s.io/v1'

interface Body {
  readonly apiVersion?: unknown
  readonly kind?: unknown
  readonly metadata?: Record<string, unknown>
  readonly spec?: unknown
}

export class Leases {
  readonly #store: Store
  constructor(store: Store) {
    this.#store = store
  }

  get(namespace: string, name: string): StoredObject {
    return existing(this.#store, { ...LEASES, name }, namespace)
  }

  create(namespace: string, body: unknown): StoredObject {
    const { metadata, spec } = this.#decode(body)
    if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
    checkSame('namespace', metadata.namespace, namespace)
    const name = metadata.name ?? generateName(metadata.generateName)
    const given: Record<string, unknown> = withoutNulls({ ...metadata, name, namespace })
    const lease = { apiVersion: API_VERSION, kind: 'Lease', metadata: given, spec }
    validateLease(lease)
    const named = { ...LEASES, name: name as string }
    if (this.#store.get('leases', namespace, named.name)) throw alreadyExists(named)
    const { uid: _uid, creationTimestamp: _created, resourceVersion: _version, ...kept } = given
    return this.#store.create('leases', { ...lease, metadata: kept } as unknown as NewObject)
  }

  /** PUT: replaces; on an absent Lease it creates, unless the body carries a uid. */
  update(namespace: string, name: string, body: unknown): { object: StoredObject; created: boolean } {
    const decoded = this.#decode(body)
    const { metadata, spec } = decoded
    checkSame('name', metadata.name, name)
    checkSame('namespace', metadata.namespace, namespace)
    const named = { ...LEASES, name }
    const before = this.#store.get('leases', namespace, name)
    if (!before) {
      if (metadata.uid) {
        throw conflict(named, `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: `)
      }
      const { resourceVersion: _ignored, ...rest } = metadata
      return { object: this.create(namespace, { ...decoded, metadata: { ...rest, name } }), created: true }
    }
    if (!metadata.resourceVersion) {
      const message = 'Invalid value: 0x0: must be specified for an update'
      throw invalid({ ...LEASES, kind: 'Lease', name }, [
        { field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message },
      ])
    }
    return { object: this.#replace(before, { metadata: { ...metadata, name, namespace }, spec }), created: false }
  }

  patch(namespace: string, name: string, patch: unknown, contentType: string): StoredObject {
    const before = existing(this.#store, { ...LEASES, name }, namespace)
    const { metadata = {}, spec } = applyPatch(before, patch, contentType) as Body
    if (!metadata.resourceVersion) {
      const message = 'Invalid value: 0x0: must be specified for an update'
      throw invalid({ ...LEASES, kind: 'Lease', name }, [
        { field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message },
      ])
    }
    checkSame('name', metadata.name, name)
    checkSame('namespace', metadata.namespace, namespace)
    return this.#replace(before, { metadata, spec })
  }

  delete(namespace: string, name: string, preconditions: Preconditions) {
    const named = { ...LEASES, name }
    const object = existing(this.#store, named, namespace)
    checkPreconditions(object, preconditions, named)
    this.#store.delete('leases', namespace, name)
    return success({ name, group: LEASES.group, kind: 'leases', uid: object.metadata.uid })
  }

  /** A stale version is found before a changed uid, as on the real server. */
  #replace(
    before: StoredObject,
    { metadata, spec }: { metadata: Record<string, unknown>; spec: unknown },
  ): StoredObject {
    const { name, uid, creationTimestamp } = before.metadata
    checkVersion(before, metadata.resourceVersion, { ...LEASES, name })
    const after = {
      apiVersion: API_VERSION,
      kind: 'Lease',
      metadata: withoutNulls({ ...metadata, creationTimestamp, uid: metadata.uid ?? uid }),
      spec,
    }
    validateLease(after)
    if (after.metadata.uid !== uid) {
      const message = `Invalid value: ${JSON.stringify(after.metadata.uid)}: field is immutable`
      throw invalid({ ...LEASES, kind: 'Lease', name }, [
        { field: 'metadata.uid', reason: 'FieldValueInvalid', message },
      ])
    }
    return this.#store.replace('leases', after as unknown as StoredObject)
  }

  #decode(body: unknown): { metadata: Record<string, unknown>; spec: unknown } {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw badRequest('the body of the request is not an object')
    }
    const { apiVersion = API_VERSION, kind = 'Lease', metadata = {}, spec = {} } = body as Body
    if (apiVersion !== API_VERSION || kind !== 'Lease') {
      throw badRequest(
        `the API version in the data (${apiVersion}, Kind=${kind}) does not match ${API_VERSION}, Kind=Lease`,
      )
    }
    if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
      throw badRequest('Lease in version "v1" cannot be handled as a Lease: metadata: expected an object')
    }
    return { metadata, spec: withoutNulls(spec) }
  }
}

/** Stores what a test wants to see handled, valid or not. */
export function putRaw(store: Store, namespace: string, lease: Record<string, unknown>): StoredObject {
  const metadata = lease.metadata as Record<string, unknown> | undefined
  const name = metadata?.name
  if (typeof name !== 'string') throw new TypeError('leases.put needs metadata.name')
  const before = store.get('leases', namespace, name)
  const identity = before
    ? { uid: before.metadata.uid, creationTimestamp: before.metadata.creationTimestamp }
    : { uid: randomUUID() }
  const object = { apiVersion: API_VERSION, kind: 'Lease', ...lease, metadata: { ...identity, ...metadata, namespace } }
  return store.replace('leases', object as unknown as StoredObject)
}

function checkSame(field: string, inBody: unknown, inUrl: string): void {
  if (inBody === undefined || inBody === '' || inBody === null || inBody === inUrl) return
  throw badRequest(`the ${field} of the object (${inBody}) does not match the ${field} on the URL (${inUrl})`)
}

function generateName(prefix: unknown): string | undefined {
  return typeof prefix === 'string' && prefix ? prefix + randomUUID().slice(0, 5) : undefined
}

/** null means "zero value" in a body: the field is as if it were absent. */
function withoutNulls<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null && each !== undefined)) as T
}
