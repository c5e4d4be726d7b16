/** What may not be changed in the metadata of an object. */
import { fieldForbidden, wrong } from '../status.ts'
import type { Fields } from './fields.ts'
import type { StoredObject } from './stored-object.ts'

/** A new uid, and finalizers that come when the object is already going. */
export function updateErrors(
  metadata: Fields,
  { metadata: { uid, deletionTimestamp, finalizers = [] } }: StoredObject,
) {
  const added = ((metadata.finalizers ?? []) as string[]).filter((each) => !finalizers.includes(each))
  const list = `[]string{${added.map((each) => JSON.stringify(each)).join(', ')}}`
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`
  return [
    ...(deletionTimestamp && added.length > 0 ? [fieldForbidden('metadata.finalizers', why)] : []),
    ...(metadata.uid === uid ? [] : [wrong('metadata.uid', metadata.uid, 'field is immutable')]),
  ]
}
