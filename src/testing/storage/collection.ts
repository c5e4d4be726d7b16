/** A collection of objects of one resource: what each verb does to the store. */
import { randomUUID } from 'node:crypto'
import { type AdmissionPlugin, enforceOwnerPermission, withoutGated } from '../access/admission.ts'
import type { WriteOptions } from '../http/query.ts'
import { type DecodedObject, decodeApplied, decodeObject, decodePatched, withStructs } from '../objects/decoding.ts'
import type { DeleteOptions } from '../objects/delete-options.ts'
import type { Fields } from '../objects/fields.ts'
import { randomSuffix } from '../objects/generated-names.ts'
import { noteUpdate } from '../objects/managed-fields.ts'
import { validateMetadata, validateName } from '../objects/metadata-validation.ts'
import { withUniqueOwners } from '../objects/owners.ts'
import { APPLY_PATCH, applyPatch } from '../objects/patch.ts'
import type { FeatureGates } from '../objects/resources.ts'
import { named, type Resource } from '../objects/resources.ts'
import type { Selector } from '../objects/selectors.ts'
import { applyConfiguration } from '../objects/server-side-apply.ts'
import type { StoredObject } from '../objects/stored-object.ts'
import { updateErrors } from '../objects/update-validation.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  type FieldError,
  invalid,
  type StatusError,
  success,
  unforeseen,
  wrong,
} from '../status.ts'
import { checkPreconditions, checkVersion, existing, type Store, timestamp } from './store.ts'

export interface Written {
  readonly object: StoredObject
  readonly isCreated: boolean
}

/** Notes in the object who has set what. */
type Note = (object: StoredObject) => StoredObject

/** What is asked of writes, and left out of them. */
export interface Policy {
  readonly featureGates?: FeatureGates
  readonly enableAdmissionPlugins?: readonly AdmissionPlugin[]
}

export class Collection {
  readonly #store: Store
  readonly #resource: Resource
  readonly #policy: Policy

  constructor(store: Store, resource: Resource, policy: Policy = {}) {
    this.#store = store
    this.#resource = resource
    this.#policy = policy
  }

  get(namespace: string, name: string): StoredObject {
    return existing(this.#store, named(this.#resource, name), namespace)
  }

  create(namespace: string, body: unknown, options: WriteOptions): StoredObject {
    const decoded = decodeObject(this.#resource, body, options)
    if (decoded.metadata.resourceVersion) throw unforeseen('resourceVersion should not be set on objects to be created')
    this.#checkNamespace(decoded, namespace)
    return this.#insert(namespace, decoded, options, (object) => noteUpdate(undefined, object, options.fieldManager))
  }

  /** PUT: replaces; on an absent object it creates, unless the body carries a uid. */
  update(namespace: string, name: string, body: unknown, options: WriteOptions): Written {
    const decoded = decodeObject(this.#resource, body, options)
    this.#checkNamespace(decoded, namespace)
    checkName(decoded, name)
    const before = this.#store.get(this.#resource.resource, namespace, name)
    const { uid } = decoded.metadata
    if (uid && uid !== before?.metadata.uid) {
      const failed = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before?.metadata.uid ?? ''}`
      const path = [this.#resource.resource, ...(this.#resource.isNamespaced ? [namespace] : []), name].join('/')
      const where = `Code: 4, Key: /registry/${path}, ResourceVersion: 0`
      const cause = `StorageError: invalid object, ${where}, AdditionalErrorMsg: ${failed}`
      throw conflict(named(this.#resource, name), cause)
    }
    const note: Note = (object) => noteUpdate(before, object, options.fieldManager)
    if (before) return { object: this.#replace(before, decoded, options, note), isCreated: false }
    return { object: this.#insert(namespace, unversioned(decoded), options, note), isCreated: true }
  }

  /** An apply patch creates what is absent; the others need it to exist. */
  patch(namespace: string, name: string, patch: unknown, contentType: string, options: WriteOptions): Written {
    if (contentType === APPLY_PATCH) return this.#apply(namespace, name, patch, options)
    const before = this.get(namespace, name)
    const result = applyPatch(before, patch, contentType) as Fields
    const decoded = decodePatched(this.#resource, { before, patch, contentType, result }, options)
    this.#checkNamespace(decoded, namespace)
    checkName(decoded, name)
    const note: Note = (object) => noteUpdate(before, object, options.fieldManager)
    return { object: this.#replace(before, decoded, options, note), isCreated: false }
  }

  /** What carries finalizers only begins to be deleted, and is gone when the last of them is; so does a namespace. */
  delete(namespace: string, name: string, { preconditions = {}, isDryRun }: DeleteOptions = {}) {
    const object = this.get(namespace, name)
    const { group, resource, kind, endsGradually } = this.#resource
    checkPreconditions(object, preconditions, { group, resource: kind, name })
    const details = { name, ...(group && { group }), kind: resource, uid: object.metadata.uid }
    if (isDryRun) return success(details)
    if (object.metadata.finalizers?.length || endsGradually) return this.#markDeleted(object)
    this.#store.delete(resource, namespace, name)
    return success(details)
  }

  deleteCollection(namespace: string | undefined, selects: Selector, { isDryRun = false } = {}): StoredObject[] {
    const objects = this.#store.list(this.#resource.resource, namespace).filter(selects)
    for (const { metadata } of objects) this.delete(metadata.namespace ?? '', metadata.name, { isDryRun })
    return objects
  }

  #apply(namespace: string, name: string, configuration: unknown, options: WriteOptions): Written {
    const decoded = decodeApplied(this.#resource, configuration)
    const { apiVersion, kind } = (configuration ?? {}) as Fields
    if (!apiVersion || !kind) throw badRequest('invalid object type: an apply patch needs apiVersion and kind')
    const { metadata } = decoded
    if (metadata.managedFields) throw badRequest('metadata.managedFields must be nil')
    this.#checkNamespace(decoded, namespace)
    checkName(decoded, name)
    const before = this.#store.get(this.#resource.resource, namespace, name)
    const { fieldManager: manager, force } = options
    const { merged, note } = applyConfiguration(before, decoded, { manager, force })
    if (before) {
      const patched = { before, patch: undefined, contentType: APPLY_PATCH, result: merged }
      const replacement = decodePatched(this.#resource, patched, options)
      return { object: this.#replace(before, replacement, options, note), isCreated: false }
    }
    if (metadata.uid) {
      const cause = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`
      throw conflict(named(this.#resource, name), cause)
    }
    return {
      object: this.#insert(namespace, unversioned(withStructs(this.#resource, decoded)), options, note),
      isCreated: true,
    }
  }

  #insert(namespace: string, decoded: DecodedObject, options: WriteOptions, note: Note): StoredObject {
    const { uid: _uid, creationTimestamp: _at, deletionTimestamp: _deleted, ...given } = decoded.metadata
    const name = String(given.name ?? this.#freeName(namespace, given.generateName) ?? '')
    const born = { uid: randomUUID(), creationTimestamp: timestamp(), resourceVersion: '' }
    const metadata = { ...given, name, ...this.#scope(namespace), ...born }
    const wanted: StoredObject = withUniqueOwners({ ...decoded, metadata }, options.warnings)
    const object = withoutGated(this.#resource, wanted, undefined, this.#gates)
    this.#validate(object)
    this.#admit(object, undefined, options)
    const identity = named(this.#resource, name)
    if (this.#store.get(this.#resource.resource, namespace, name)) throw alreadyExists(identity)
    // Who wanted a field counts as its manager even where it was dropped.
    const noted = { ...object, metadata: note(wanted).metadata }
    return options.isDryRun ? noted : this.#store.create(this.#resource.resource, noted)
  }

  #markDeleted(object: StoredObject): StoredObject {
    if (object.metadata.deletionTimestamp) return object
    const metadata = { ...object.metadata, deletionTimestamp: timestamp(), deletionGracePeriodSeconds: 0 }
    return this.#store.replace(this.#resource.resource, { ...object, metadata })
  }

  /** A stale version is found before anything that is wrong with the object, as on the real server. */
  #replace(before: StoredObject, decoded: DecodedObject, options: WriteOptions, note: Note): StoredObject {
    const { name, namespace = '', uid, creationTimestamp, managedFields } = before.metadata
    const { managedFields: _theirs, ...given } = decoded.metadata
    if (!given.resourceVersion) {
      const { group, resource } = this.#resource
      const error = wrong('metadata.resourceVersion', 0, 'must be specified for an update')
      throw invalid({ group, resource, kind: resource, name }, [error])
    }
    checkVersion(before, given.resourceVersion, named(this.#resource, name))
    const { deletionTimestamp, deletionGracePeriodSeconds } = before.metadata
    const system = { creationTimestamp, managedFields, deletionTimestamp, deletionGracePeriodSeconds }
    const kept = Object.fromEntries(Object.entries(system).filter(([, each]) => each !== undefined))
    const metadata = { uid, ...given, ...this.#scope(namespace), ...kept }
    const wanted = withUniqueOwners({ ...decoded, metadata } as unknown as StoredObject, options.warnings)
    const after = withoutGated(this.#resource, wanted, before, this.#gates)
    this.#validate(after, before)
    this.#admit(after, before, options)
    const noted = { ...after, metadata: note(wanted).metadata }
    if (options.isDryRun) return noted
    const stored = this.#store.replace(this.#resource.resource, noted)
    const isFinished = deletionTimestamp && !stored.metadata.finalizers?.length && !this.#resource.endsGradually
    if (isFinished) this.#store.delete(this.#resource.resource, namespace, name)
    return stored
  }

  /** @throws StatusError 422 */
  #validate(object: { readonly metadata: Fields | StoredObject['metadata'] }, before?: StoredObject): void {
    const metadata = object.metadata as Fields
    // Of an update, a real server finds twice what is wrong with its metadata.
    const errors = before
      ? [
          ...validateMetadata(metadata),
          ...updateErrors(metadata, before),
          ...updateErrors(metadata, before),
          ...this.#resource.validate(object),
        ]
      : [
          ...validateName(metadata, { isLabel: !this.#resource.isNamespaced }),
          ...validateMetadata(metadata),
          ...this.#resource.validate(object),
        ]
    if (errors.length > 0) throw this.#invalid(String(metadata.name ?? ''), errors)
  }

  #admit(after: StoredObject, before: StoredObject | undefined, { authorize }: WriteOptions): void {
    if (!this.#policy.enableAdmissionPlugins?.includes('OwnerReferencesPermissionEnforcement')) return
    enforceOwnerPermission(this.#resource, after, before, authorize)
  }

  get #gates(): FeatureGates {
    return this.#policy.featureGates ?? {}
  }

  #scope(namespace: string) {
    return this.#resource.isNamespaced ? { namespace } : {}
  }

  #checkNamespace({ metadata }: DecodedObject, namespace: string): void {
    if (!this.#resource.isNamespaced || !metadata.namespace || metadata.namespace === namespace) return
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }

  #freeName(namespace: string, prefix: unknown): string | undefined {
    if (typeof prefix !== 'string') return undefined
    for (let tries = 1; ; tries += 1) {
      const name = prefix.slice(0, LONGEST_PREFIX) + randomSuffix()
      if (tries === NAME_TRIES || !this.#store.get(this.#resource.resource, namespace, name)) return name
    }
  }

  #invalid(name: string, errors: readonly FieldError[]): StatusError {
    const { group, resource, kind } = this.#resource
    return invalid({ group, resource, kind, name }, errors)
  }
}

const NAME_TRIES = 8
const LONGEST_PREFIX = 248

function checkName({ metadata }: DecodedObject, name: string): void {
  if (!metadata.name) throw badRequest('name must be provided')
  if (metadata.name === name) return
  throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
}

function unversioned(decoded: DecodedObject): DecodedObject {
  const { resourceVersion: _ignored, ...metadata } = decoded.metadata
  return { ...decoded, metadata }
}
