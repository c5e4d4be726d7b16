/** Applies the patch types of the API to an object, without changing it. */
import jsonPatch from 'fast-json-patch'
import { readJson, readYaml } from '../http/json.ts'
import { badRequest, failure, StatusError, unsupportedPatchType } from '../status.ts'
import { isObject } from './fields.ts'
import { jsonType } from './go-text.ts'
import { mergePatch } from './merge-patch.ts'
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
  if (!PATCH_TYPES.includes(contentType)) throw unsupportedPatchType()
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
  if (!Array.isArray(patch)) {
    const type = jsonType(patch)
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`,
    )
  }
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
  } catch {
    // Whatever it was: the real server does not say.
    throw new StatusError(failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {}))
  }
}
