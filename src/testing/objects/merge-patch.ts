/** JSON merge patches; apart from the other patches, so that who applies them alone loads no reader of YAML. */
import { isObject } from './fields.ts'

/** RFC 7386: objects merge, null removes, everything else replaces. Go sorts the fields of what was merged. */
export function mergePatch(target: unknown, patch: unknown, options: { isSorted?: boolean } = {}): unknown {
  if (!isObject(patch)) return patch
  const result = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name)
    else result.set(name, mergePatch(result.get(name), value, options))
  }
  return Object.fromEntries(options.isSorted ? [...result].sort(([a], [b]) => (a < b ? -1 : 1)) : result)
}
