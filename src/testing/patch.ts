/** Applies the patch types of the API to an object, without changing it. */
import jsonPatch from 'fast-json-patch'
import { isObject } from './fields.ts'
import { readJson, readYaml } from './http.ts'
import { mergePatch } from './merge-patch.ts'
import { badRequest, failure, StatusError, unsupportedMediaType } from './status.ts'
import { strategicMerge } from './strategic-merge.ts'

export const JSON_PATCH = 'application/json-patch+json'
export const MERGE_PATCH = 'application/merge-patch+json'
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json'
export const APPLY_PATCH = 'application/apply-patch+yaml'
const PATCH_TYPES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH]

/** The API server's own limit. */
const MOST_OPERATIONS = 10_000

/** Reads the patch itself. @throws StatusError 415 for another type, 400 for what can't be read. */
export function parsePatch(text: string, contentType: string): unknown {
  if (!PATCH_TYPES.includes(contentType)) throw unsupportedMediaType(contentType, PATCH_TYPES)
  try {
    return contentType === APPLY_PATCH ? readYaml(text) : readJson(text)
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`)
  }
}

/** @throws StatusError 400 for a malformed patch, 422 where a json-patch does not apply. */
export function applyPatch(object: object, patch: unknown, contentType: string): object {
  if (contentType === JSON_PATCH) return applyJsonPatch(object, patch)
  if (!isObject(patch)) throw badRequest('error decoding patch: expected an object')
  return (contentType === MERGE_PATCH ? mergePatch(object, patch) : strategicMerge(object, patch)) as object
}

function applyJsonPatch(object: object, patch: unknown): object {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: expected a list of operations')
  if (patch.length > MOST_OPERATIONS) {
    const message = `The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${patch.length}`
    throw new StatusError(failure(413, 'RequestEntityTooLarge', message))
  }
  const malformed = patch.find(
    (each) => !isObject(each) || typeof each.op !== 'string' || typeof each.path !== 'string',
  )
  if (malformed !== undefined) {
    throw badRequest(`error decoding patch: ${JSON.stringify(malformed).slice(0, 100)} is not an operation`)
  }
  try {
    const { newDocument } = jsonPatch.applyPatch(structuredClone(object), patch, true)
    if (!isObject(newDocument)) throw new TypeError('the result is not an object')
    return newDocument
  } catch (error) {
    const cause = `${(error as Error).name}: ${(error as Error).message.split('\n')[0]}`
    const message = `the server rejected our request due to an error in our request: ${cause}`
    throw new StatusError(failure(422, 'Invalid', message, {}))
  }
}
