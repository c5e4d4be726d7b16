/**
 * Who has set which field: what server-side apply needs to remove what its manager no longer applies, and to refuse
 * what another manager has set. Kept as `metadata.managedFields`, in the format of the API (`fieldsV1`).
 */

import { timestamp } from '../storage/store.ts'
import { type Fields, isObject } from './fields.ts'
import type { StoredObject } from './stored-object.ts'

export interface ManagedFieldsEntry {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: Fields
}

/** Leaves by path; a path is its segments, in the notation of fieldsV1, joined by newlines. */
export type Leaves = ReadonlyMap<string, unknown>

const METADATA = 'f:metadata'
const MAPS = new Set(['f:metadata\nf:labels', 'f:metadata\nf:annotations'])
const OWNERS = 'f:metadata\nf:ownerReferences'
const FINALIZERS = 'f:metadata\nf:finalizers'
const IN_METADATA = ['labels', 'annotations', 'ownerReferences', 'finalizers']

/**
 * The fields of an object that somebody can be the manager of. `withEmpty`: structs without any field too, which count
 * where they are applied.
 */
export function leavesOf(object: object, { withEmpty = false } = {}): Leaves {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object as Fields
  const leaves = new Map<string, unknown>()
  const meta = isObject(metadata) ? metadata : {}
  collect(Object.fromEntries(IN_METADATA.filter((each) => each in meta).map((each) => [each, meta[each]])), METADATA)
  for (const [name, value] of Object.entries(rest)) collect(value, `f:${name}`)
  return leaves

  function collect(value: unknown, path: string): void {
    if (isObject(value)) {
      // A map is a field of its own, beside what is in it; a struct is not.
      if (withEmpty && path !== METADATA && Object.keys(value).length === 0) leaves.set(path, value)
      if (MAPS.has(path)) leaves.set(`${path}\n.`, null)
      for (const [name, each] of Object.entries(value)) collect(each, `${path}\nf:${name}`)
    } else if (Array.isArray(value) && path === OWNERS) {
      leaves.set(`${path}\n.`, null)
      for (const owner of value) leaves.set(`${path}\nk:${JSON.stringify({ uid: owner?.uid })}`, owner)
    } else if (Array.isArray(value) && path === FINALIZERS) {
      leaves.set(`${path}\n.`, null)
      for (const each of value) leaves.set(`${path}\nv:${JSON.stringify(each)}`, each)
    } else leaves.set(path, value)
  }
}

export function entriesOf({ metadata }: StoredObject): readonly ManagedFieldsEntry[] {
  return (metadata.managedFields ?? []) as readonly ManagedFieldsEntry[]
}

/** The object with the note that this manager has set what differs from `before`. */
export function noteUpdate<Object extends StoredObject>(
  before: StoredObject | undefined,
  after: Object,
  manager: string,
): Object {
  // What nobody manages since its creation, nobody begins to manage but by an apply.
  if (before && entriesOf(before).length === 0) return withEntries(after, [])
  const [old, now] = [before ? leavesOf(before) : new Map<string, unknown>(), leavesOf(after)]
  const changed = new Set<string>()
  for (const [path, value] of now) if (!same(old.get(path), value)) changed.add(path)
  const gone = new Set<string>()
  for (const path of old.keys()) if (!now.has(path)) gone.add(path)
  const entries = (before ? entriesOf(before) : []).filter(isEntry)
  if (changed.size === 0 && gone.size === 0) return withEntries(after, entries)
  const own = entries.find((each) => each.manager === manager && each.operation === 'Update')
  const others = entries
    .filter((each) => each !== own)
    .map((each) => without(each, (path) => changed.has(path) || gone.has(path)))
  return withEntries(after, [...others, extended(own, after, manager, changed, gone)])
}

/** Most updates set what their manager has set before, as renewals do: the entry only gets a new time. */
function extended(
  own: ManagedFieldsEntry | undefined,
  after: StoredObject,
  manager: string,
  changed: ReadonlySet<string>,
  gone: ReadonlySet<string>,
): ManagedFieldsEntry {
  if (!own) return entry(after, manager, 'Update', [...changed])
  const paths = pathsOf(own)
  const kept = paths.filter((path) => !gone.has(path))
  const all = new Set([...kept, ...changed])
  const isSame = all.size === paths.length && kept.length === paths.length
  return isSame ? renewed(own) : entry(after, manager, 'Update', [...all])
}

function renewed(own: ManagedFieldsEntry): ManagedFieldsEntry {
  const time = timestamp()
  if (time === own.time) return own
  const next = { ...own, time }
  PATHS.set(next, pathsOf(own))
  return next
}

/** Who has set what is there, as far as that is known: before the first apply it may not be. */
export function managersOf(object: StoredObject): readonly ManagedFieldsEntry[] {
  const entries = entriesOf(object)
  if (entries.length > 0) return entries
  const paths = [...leavesOf(object).keys()]
  return paths.length > 0 ? [entry(object, 'before-first-apply', 'Update', paths)] : []
}

/** As `noteUpdate`, of an apply: the manager owns exactly what it applies. */
export function noteApply<Object extends StoredObject>(
  before: StoredObject | undefined,
  after: Object,
  manager: string,
  applied: Leaves,
  taken: ReadonlySet<string>,
): Object {
  const now = leavesOf(after, { withEmpty: true })
  const others = (before ? managersOf(before) : [])
    .filter((each) => !(each.manager === manager && each.operation === 'Apply'))
    .map((each) => without(each, (path) => taken.has(path) || !now.has(path)))
  return withEntries(after, [...others, entry(after, manager, 'Apply', [...applied.keys()])])
}

/** Entries are never changed, so what they say need be read only once. */
const PATHS = new WeakMap<ManagedFieldsEntry, readonly string[]>()

export function pathsOf(own: ManagedFieldsEntry): readonly string[] {
  const known = PATHS.get(own)
  if (known) return known
  const paths: string[] = []
  const walk = (fields: unknown, path: string) => {
    const entries = isObject(fields) ? Object.entries(fields) : []
    if (entries.length === 0 && path) paths.push(path)
    for (const [name, each] of entries) walk(each, path ? `${path}\n${name}` : name)
  }
  walk(own.fieldsV1, '')
  PATHS.set(own, paths)
  return paths
}

/** `.spec.holderIdentity`: how messages name a path. */
export function displayed(path: string): string {
  return path
    .split('\n')
    .map((segment) => (segment.startsWith('f:') ? `.${segment.slice(2)}` : `[${segment.slice(2)}]`))
    .join('')
}

export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function entry(
  { apiVersion }: StoredObject,
  manager: string,
  operation: 'Apply' | 'Update',
  paths: readonly string[],
): ManagedFieldsEntry {
  return { manager, operation, apiVersion, time: timestamp(), fieldsType: 'FieldsV1', fieldsV1: nested(paths) }
}

function without(each: ManagedFieldsEntry, isTaken: (path: string) => boolean): ManagedFieldsEntry {
  const paths = pathsOf(each)
  const kept = paths.filter((path) => !isTaken(path))
  return kept.length === paths.length ? each : { ...each, fieldsV1: nested(kept) }
}

function nested(paths: readonly string[]): Fields {
  const root = new Map<string, unknown>()
  for (const path of paths) {
    let level = root
    for (const segment of path.split('\n')) {
      const next = (level.get(segment) as Map<string, unknown> | undefined) ?? new Map<string, unknown>()
      level.set(segment, next)
      level = next
    }
  }
  const plain = (level: Map<string, unknown>): Fields =>
    Object.fromEntries([...level].map(([name, each]) => [name, plain(each as Map<string, unknown>)]))
  return plain(root)
}

function withEntries<Object extends StoredObject>(object: Object, entries: readonly ManagedFieldsEntry[]): Object {
  const managedFields = entries.filter(({ fieldsV1 }) => Object.keys(fieldsV1).length > 0)
  const { managedFields: _before, ...metadata } = object.metadata
  return { ...object, metadata: { ...metadata, ...(managedFields.length > 0 && { managedFields }) } }
}

function isEntry(value: unknown): value is ManagedFieldsEntry {
  return isObject(value) && isObject(value.fieldsV1)
}
