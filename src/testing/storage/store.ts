/**
 * The objects, their versions and their history: one counter numbers every change, as etcd's does.
 *
 * Objects are never changed in place: what was handed out stays as it was.
 */
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { notANumber } from '../objects/go-text.ts'
import type { StoredObject } from '../objects/stored-object.ts'
import { conflict, modified, type Named, notFound, unforeseen } from '../status.ts'

/** Which collection: `leases` of `coordination.k8s.io`, `pods` of the core group. */
export interface Collection {
  readonly group: string
  readonly resource: string
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: string
  readonly version: bigint
  readonly object: StoredObject
  /** What it was before; undefined for what was added. */
  readonly before: StoredObject | undefined
}

export interface Preconditions {
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
}

/** What an object needs to be stored; the store adds uid, version and times. */
export interface NewObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string }
  readonly spec?: unknown
}

export class Store {
  #version: bigint
  #oldest: bigint
  /** Of each resource, by namespace and name. */
  #objects = new Map<string, Map<string, StoredObject>>()
  #history: Change[] = []
  readonly #historySize: number
  readonly #listeners = new Set<(change: Change) => void>()

  constructor({ historySize = 1000, firstVersion = 100n }: { historySize?: number; firstVersion?: bigint } = {}) {
    this.#historySize = historySize
    this.#version = firstVersion
    this.#oldest = firstVersion
  }

  get version(): bigint {
    return this.#version
  }

  /** Changes up to this version are forgotten: a watch from below it is told 410. */
  get oldestVersion(): bigint {
    return this.#oldest
  }

  get(resource: string, namespace: string, name: string): StoredObject | undefined {
    return this.#objects.get(resource)?.get(key(namespace, name))
  }

  /** Ordered by namespace and name. */
  list(resource: string, namespace?: string): StoredObject[] {
    const entries = [...(this.#objects.get(resource) ?? [])]
    return sorted(namespace === undefined ? entries : entries.filter(([id]) => id.startsWith(`${namespace}/`)))
  }

  create(resource: string, object: NewObject): StoredObject {
    return this.#commit('ADDED', resource, {
      ...object,
      metadata: { uid: randomUUID(), creationTimestamp: timestamp(), ...object.metadata, resourceVersion: '' },
    })
  }

  /** Replaces an object; the same content again is no change and leaves its version as it was. */
  replace(resource: string, object: StoredObject): StoredObject {
    const { namespace = '', name } = object.metadata
    const before = this.get(resource, namespace, name)
    if (before && sameContent(before, object)) return before
    return this.#commit(before ? 'MODIFIED' : 'ADDED', resource, object)
  }

  delete(resource: string, namespace: string, name: string): StoredObject | undefined {
    const object = this.get(resource, namespace, name)
    if (!object) return undefined
    this.#objects.get(resource)?.delete(key(namespace, name))
    return this.#record('DELETED', resource, object)
  }

  /** The objects as they were at this version; where the history does not reach so far back, at its beginning. */
  asOf(resource: string, version: bigint): StoredObject[] {
    const objects = new Map(this.#objects.get(resource))
    for (const change of this.since(version, resource).reverse()) {
      if (change.before) objects.set(keyOf(change.object), change.before)
      else objects.delete(keyOf(change.object))
    }
    return sorted([...objects])
  }

  /** Changes after this version, oldest first. */
  since(version: bigint, resource: string): Change[] {
    return this.#history.filter((change) => change.resource === resource && change.version > version)
  }

  /** Forgets the history. */
  compact(): void {
    this.#history = []
    this.#oldest = this.#version
  }

  /** Forgets every object, and counts on. */
  reset(): void {
    this.#objects = new Map()
    this.#version += 1n
    this.compact()
  }

  /** Counts on from an earlier version, as a cluster does that was restored from a backup. */
  rewind(version: bigint): void {
    this.#version = version
    this.compact()
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #commit(type: 'ADDED' | 'MODIFIED', resource: string, object: StoredObject): StoredObject {
    const stored = this.#record(type, resource, object)
    const collection = this.#objects.get(resource) ?? new Map<string, StoredObject>()
    this.#objects.set(resource, collection.set(keyOf(stored), stored))
    return stored
  }

  #record(type: Change['type'], resource: string, object: StoredObject): StoredObject {
    this.#version += 1n
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } }
    const before = this.#objects.get(resource)?.get(keyOf(object)) ?? (type === 'DELETED' ? object : undefined)
    const change: Change = { type, resource, version: this.#version, object: stored, before }
    this.#history.push(change)
    if (this.#history.length > this.#historySize) this.#oldest = this.#history.shift()!.version
    // After the present request: a watcher must not be told before the store is in its new state.
    queueMicrotask(() => {
      for (const listener of [...this.#listeners]) listener(change)
    })
    return stored
  }
}

/** @throws StatusError 409 where a precondition does not hold. */
export function checkPreconditions(object: StoredObject, { uid, resourceVersion }: Preconditions, named: Named): void {
  if (uid !== undefined && uid !== object.metadata.uid) {
    throw conflict(
      named,
      `the UID in the precondition (${uid}) does not match the UID in record (${object.metadata.uid}). ` +
        'The object might have been deleted and then recreated',
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) {
    throw conflict(
      named,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${object.metadata.resourceVersion}). The object might have been modified`,
    )
  }
}

/** @throws StatusError 404 where there is no such object. */
export function existing(store: Store, named: Named & { name: string }, namespace: string): StoredObject {
  const object = store.get(named.resource, namespace, named.name)
  if (!object) throw notFound(named)
  return object
}

/** @throws StatusError 409 unless the version is absent or the current one, 500 where it is none at all. */
export function checkVersion(object: StoredObject, resourceVersion: unknown, named: Named): void {
  if (typeof resourceVersion === 'string' && !/^\d*$/.test(resourceVersion)) {
    throw unforeseen(notANumber(resourceVersion))
  }
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== object.metadata.resourceVersion) {
    throw modified(named)
  }
}

/** A Kubernetes `Time`: whole seconds. */
export function timestamp(date = new Date()): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

function keyOf({ metadata }: StoredObject): string {
  return key(metadata.namespace ?? '', metadata.name)
}

function key(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

function sorted(entries: [string, StoredObject][]): StoredObject[] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
}

/** Whatever the order of its fields, and whoever has set them. */
function sameContent(a: StoredObject, b: StoredObject): boolean {
  const content = (object: StoredObject) => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: '', managedFields: undefined },
  })
  return isDeepStrictEqual(content(a), content(b))
}
