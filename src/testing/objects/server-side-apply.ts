/** Server-side apply: merges what a manager wants, removes what it no longer wants, refuses what others have set. */

import { failure, StatusError } from '../status.ts'
import { isObject } from './fields.ts'
import {
  displayed,
  entriesOf,
  type Leaves,
  leavesOf,
  type ManagedFieldsEntry,
  managersOf,
  noteApply,
  pathsOf,
  same,
} from './managed-fields.ts'
import type { StoredObject } from './stored-object.ts'
import { strategicMerge } from './strategic-merge.ts'

export interface Applied {
  readonly merged: Record<string, unknown>
  /** Notes the manager in the object that `merged` has become. */
  readonly note: <Object extends StoredObject>(after: Object) => Object
}

/** @throws StatusError 409 for fields that another manager has set to something else, unless forced. */
export function applyConfiguration(
  live: StoredObject | undefined,
  configuration: Record<string, unknown>,
  { manager, force }: { manager: string; force: boolean },
): Applied {
  const applied = leavesOf(configuration, { withEmpty: true })
  const others = live
    ? managersOf(live).filter((each) => !(each.manager === manager && each.operation === 'Apply'))
    : []
  const taken = live ? conflicting(live, applied, others) : []
  if (taken.length > 0 && !force) throw conflicts(taken)
  const merged = strategicMerge(live ?? {}, configuration)
  const pruned = live ? removeAbandoned(live, merged, applied, others, manager) : merged
  const takenPaths = new Set(taken.map(({ path }) => path))
  return { merged: pruned, note: (after) => noteApply(live, after, manager, applied, takenPaths) }
}

interface Taken {
  readonly path: string
  readonly owner: ManagedFieldsEntry
}

function conflicting(live: StoredObject, applied: Leaves, others: readonly ManagedFieldsEntry[]): Taken[] {
  const present = leavesOf(live)
  return others.flatMap((owner) =>
    pathsOf(owner)
      .filter((path) => applied.has(path) && !isEmpty(applied.get(path)) && !same(applied.get(path), present.get(path)))
      .map((path) => ({ path, owner })),
  )
}

function removeAbandoned(
  live: StoredObject,
  merged: Record<string, unknown>,
  applied: Leaves,
  others: readonly ManagedFieldsEntry[],
  manager: string,
): Record<string, unknown> {
  const own = entriesOf(live).find((each) => each.manager === manager && each.operation === 'Apply')
  const kept = new Set([...applied.keys(), ...others.flatMap(pathsOf)])
  // A struct that was applied empty is not abandoned when something is applied in it.
  const isKept = (path: string) => kept.has(path) || [...kept].some((each) => each.startsWith(`${path}\n`))
  const abandoned = own ? pathsOf(own).filter((path) => !isKept(path)) : []
  return abandoned.reduce((object, path) => removed(object, path.split('\n')) as Record<string, unknown>, merged)
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

function removed(value: unknown, [segment = '', ...rest]: readonly string[]): unknown {
  const name = segment.slice(2)
  if (Array.isArray(value)) {
    return value.filter((each) =>
      segment.startsWith('k:') ? JSON.stringify({ uid: each?.uid }) !== name : JSON.stringify(each) !== name,
    )
  }
  if (!isObject(value) || !Object.hasOwn(value, name)) return value
  const entries = Object.entries(value).filter(([each]) => each !== name || rest.length > 0)
  return Object.fromEntries(entries.map(([each, inner]) => [each, each === name ? removed(inner, rest) : inner]))
}

function conflicts(taken: readonly Taken[]): StatusError {
  const causes = taken.map(({ path, owner: { manager, operation, apiVersion, time } }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${JSON.stringify(manager)}${operation === 'Update' ? ` using ${apiVersion} at ${time}` : ''}`,
    field: displayed(path),
  }))
  const listed = causes.map(({ message, field }) => `${message}: ${field}`)
  const noun = causes.length === 1 ? 'conflict' : 'conflicts'
  const text = causes.length === 1 ? listed[0] : `\n- ${listed.join('\n- ')}`
  const message = `Apply failed with ${causes.length} ${noun}: ${text}`
  return new StatusError(failure(409, 'Conflict', message, { causes }))
}
