/** Applies the patch types of the API to an object, without changing it. */
import { loadYaml } from '@kubernetes/client-node'
import jsonPatch from 'fast-json-patch'
import { badRequest, failure, StatusError, unsupportedMediaType } from './status.ts'

export const JSON_PATCH = 'application/json-patch+json'
export const MERGE_PATCH = 'application/merge-patch+json'
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json'
export const APPLY_PATCH = 'application/apply-patch+yaml'
const PATCH_TYPES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH]

type Json = unknown

/** Reads the patch itself. @throws StatusError 415 for another type, 400 for what can't be read. */
export function parsePatch(text: string, contentType: string): Json {
  if (!PATCH_TYPES.includes(contentType)) throw unsupportedMediaType(contentType, PATCH_TYPES)
  try {
    return contentType === APPLY_PATCH ? loadYaml(text) : JSON.parse(text)
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`)
  }
}

/** @throws StatusError 400 for a malformed patch, 422 where a json-patch does not apply. */
export function applyPatch(object: object, patch: Json, contentType: string): object {
  if (contentType === JSON_PATCH) return applyJsonPatch(object, patch)
  if (!isObject(patch)) throw badRequest(`error decoding patch: expected an object, received ${JSON.stringify(patch)}`)
  return (contentType === MERGE_PATCH ? mergePatch : strategicMerge)(object, patch) as object
}

/** RFC 7386: objects merge, null removes, everything else replaces. */
export function mergePatch(target: Json, patch: Json): Json {
  return merge(target, patch, (_name, _before, after) => after)
}

/** As a merge patch, but lists that have a key are merged by it: of those on a Lease, owners and finalizers. */
function strategicMerge(target: Json, patch: Json): Json {
  return merge(target, patch, (name, before, after) => {
    if (name === 'ownerReferences') return mergeByKey(before, after, (owner) => (owner as { uid?: unknown })?.uid)
    return name === 'finalizers' ? mergeByKey(before, after, (finalizer) => finalizer) : after
  })
}

type MergeLists = (name: string, before: Json[], after: Json[]) => Json[]

function merge(target: Json, patch: Json, mergeLists: MergeLists): Json {
  if (!isObject(patch)) return patch
  const result: Record<string, Json> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    const before = result[name]
    if (value === null) delete result[name]
    else if (Array.isArray(value)) result[name] = mergeLists(name, Array.isArray(before) ? before : [], value)
    else result[name] = merge(before, value, mergeLists)
  }
  return result
}

function mergeByKey(before: Json[], after: Json[], keyOf: (item: Json) => Json): Json[] {
  return [...new Map([...before, ...after].map((item) => [keyOf(item), item])).values()]
}

function applyJsonPatch(object: object, patch: Json): object {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: expected a list of operations')
  const malformed = patch.find(
    (each) => !isObject(each) || typeof each.op !== 'string' || typeof each.path !== 'string',
  )
  if (malformed !== undefined) {
    throw badRequest(`error decoding patch: ${JSON.stringify(malformed)} is not an operation`)
  }
  try {
    return jsonPatch.applyPatch(structuredClone(object), patch, true).newDocument
  } catch (error) {
    const cause = `${(error as Error).name}: ${(error as Error).message.split('\n')[0]}`
    const message = `the server rejected our request due to an error in our request: ${cause}`
    throw new StatusError(failure(422, 'Invalid', message, {}))
  }
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
