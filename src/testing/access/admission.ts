/** What is asked and done between the decoding of a write and its storing: feature gates and admission. */
import { isDeepStrictEqual } from 'node:util'
import { type Fields, isObject } from '../objects/fields.ts'
import { type FeatureGates, LEASES, named, type Resource } from '../objects/resources.ts'
import type { StoredObject } from '../objects/stored-object.ts'
import { forbiddenBecause } from '../status.ts'
import type { Decision } from './rbac.ts'

/** By the names that `--enable-admission-plugins` takes. */
export type AdmissionPlugin = 'OwnerReferencesPermissionEnforcement'

const GATED = ['strategy', 'preferredHolder']

/** A write as it will be stored: fields of a feature that is off are dropped in silence, unless they are there already. */
export function withoutGated<Object extends { readonly spec?: unknown }>(
  { resource }: Resource,
  object: Object,
  before: StoredObject | undefined,
  gates: FeatureGates,
): Object {
  const { spec } = object
  if (gates.CoordinatedLeaderElection || resource !== LEASES.resource || !isObject(spec)) return object
  const stored = isObject(before?.spec) ? before.spec : {}
  const dropped = GATED.filter((field) => Object.hasOwn(spec, field) && !Object.hasOwn(stored, field))
  if (dropped.length === 0) return object
  const kept = Object.entries(spec).filter(([field]) => !dropped.includes(field))
  return { ...object, spec: Object.fromEntries(kept) }
}

/** Whether whoever writes may also do something else. */
export type Authorizer = (verb: string, name: string) => Decision

/**
 * OwnerReferencesPermissionEnforcement: who sets or changes owners decides on the object's deletion.
 *
 * @throws StatusError 403
 */
export function enforceOwnerPermission(
  resource: Resource,
  after: StoredObject,
  before: StoredObject | undefined,
  authorize: Authorizer,
): void {
  const ownersOf = (object: StoredObject | undefined) => (object?.metadata as Fields | undefined)?.ownerReferences ?? []
  if (isDeepStrictEqual(ownersOf(after), ownersOf(before))) return
  const { isAllowed, reason = '' } = authorize('delete', after.metadata.name)
  if (isAllowed) return
  const problem = `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`
  throw forbiddenBecause(named(resource, after.metadata.name), problem)
}
