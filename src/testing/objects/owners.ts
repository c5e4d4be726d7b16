/** Owners of an object, as they are stored. */
import { warn } from './decoding.ts'
import type { Fields } from './fields.ts'
import type { StoredObject } from './stored-object.ts'

/** An owner counts once, by its uid; whoever names it twice is warned. */
export function withUniqueOwners<Object extends { readonly metadata: Fields | StoredObject['metadata'] }>(
  object: Object,
  warnings: string[],
): Object {
  const owners = (object.metadata as Fields).ownerReferences as readonly { readonly uid?: string }[] | undefined
  const unique = [...new Map(owners?.toReversed().map((owner) => [owner.uid, owner])).values()].reverse()
  if (!owners || unique.length === owners.length) return object
  const twice = new Set(owners.filter((owner) => !unique.includes(owner)).map(({ uid }) => uid))
  warn(
    warnings,
    'metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject ' +
      `such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...twice].join(', ')}`,
  )
  return { ...object, metadata: { ...object.metadata, ownerReferences: unique } }
}
