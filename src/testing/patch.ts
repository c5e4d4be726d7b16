/** Applies the patch types of the API to an object, without changing it. */
import jsonPatch from 'fast-json-patch'
import { badRequest, failure, StatusError, unsupportedMediaType } from './status.ts'

export const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json'] as const

type Json = unknown

/** @throws StatusError 400 for a malformed patch, 415 for another type, 422 where a json-patch does not apply. */
export function applyPatch(object: object, patch: Json, contentType: string): object {
  switch (contentType) {
    case 'application/merge-patch+json':
      if (!isObject(patch))
        throw badRequest(`error decoding patch: expected an object, received ${JSON.stringify(patch)}`)
      return mergePatch(object, patch) as object
    case 'application/json-patch+json':
      return applyJsonPatch(object, patch)
    default:
      throw unsupportedMediaType(contentType, PATCH_TYPES)
  }
}

/** RFC 7386: objects merge, null removes, everything else replaces. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: Record<string, Json> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = mergePatch(result[name], value)
  }
  return result
}

function applyJsonPatch(object: object, patch: Json): object {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: expected a list of operations')
  const malformed = patch.find(
    (each) => !isObject(each) || typeof each.op !== 'string' || typeof each.path !== 'string',
  )
  if (malformed !== undefined)
    throw badRequest(`error decoding patch: ${JSON.stringify(malformed)} is not an operation`)
  try {
    return jsonPatch.applyPatch(structuredClone(object), patch, true).newDocument
  } catch (error) {
    const { name, message } = error as Error
    throw new StatusError(
      failure(
        422,
        'Invalid',
        `the server rejected our request due to an error in our request: ${name}: ${message}`,
        {},
      ),
    )
  }
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
