/** From what a request brings to an object that can be stored. */
import { type Fields, isObject } from './fields.ts'
import { METADATA } from './object-schemas.ts'
import type { WriteOptions } from './query.ts'
import { apiVersionOf, type Resource } from './resources.ts'
import { DecodingError, decode, mapFields } from './schema.ts'
import { badRequest, invalid } from './status.ts'

export interface DecodedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Fields
  readonly [field: string]: unknown
}

/** Decodes a whole object. @throws StatusError 400 for another kind, wrong types, and unknown fields if `Strict`. */
export function decodeObject(resource: Resource, body: unknown, options: WriteOptions): DecodedObject {
  if (!isObject(body)) throw badRequest('the body of the request is not an object')
  const { kind, version } = resource
  const prefix = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`
  return decodeOr((problem) => badRequest(`${prefix}: ${problem}`), resource, body, options)
}

/** Decodes what a patch has made of an object. @throws StatusError 422 where that is none. */
export function decodePatched(resource: Resource, patched: Fields, options: WriteOptions): DecodedObject {
  const refuse = (problem: string) => {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${problem}`
    return invalid({ resource: '', kind: '' }, [{ field: 'patch', reason: 'FieldValueInvalid', message }])
  }
  return decodeOr(refuse, resource, patched, options)
}

function decodeOr(refuse: (problem: string) => Error, resource: Resource, body: Fields, options: WriteOptions) {
  checkKind(resource, body)
  const unknown: string[] = []
  try {
    const decoded = decodeFields(resource, body, unknown)
    const problem = strictProblem(unknown, options)
    if (problem) throw new DecodingError(problem)
    return decoded
  } catch (error) {
    throw error instanceof DecodingError ? refuse(error.message) : error
  }
}

function checkKind(resource: Resource, { apiVersion, kind }: Fields): void {
  const expected = apiVersionOf(resource)
  if (apiVersion && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    )
  }
  if (kind && kind !== resource.kind) {
    throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(expected)} in scheme`)
  }
}

function decodeFields(resource: Resource, body: Fields, unknown: string[]): DecodedObject {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = body
  const meta = (decode(METADATA, metadata ?? {}, unknown, 'metadata') ?? {}) as Fields
  const fields = mapFields(rest, (each, name) => {
    const schema = Object.hasOwn(resource.fields, name) ? resource.fields[name] : undefined
    if (schema) return decode(schema, each, unknown, name, resource.kind)
    unknown.push(name)
    return undefined
  })
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: withoutEmpty(meta), ...fields }
}

/** Empty maps, lists and strings are not stored: to Go they are the absence of the field. */
function withoutEmpty(metadata: Fields): Fields {
  return mapFields(metadata, (each) => {
    const isEmpty = each === '' || (typeof each === 'object' && each !== null && Object.keys(each).length === 0)
    return isEmpty ? undefined : each
  })
}

function strictProblem(unknown: readonly string[], { fieldValidation, warnings }: WriteOptions): string | undefined {
  if (unknown.length === 0 || fieldValidation === 'Ignore') return undefined
  const listed = unknown.map((path) => `unknown field ${JSON.stringify(path)}`)
  if (fieldValidation === 'Strict') return `strict decoding error: ${listed.join(', ')}`
  // As many as fit into a header.
  warnings.push(...listed.slice(0, 20).map((each) => each.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)))
  return undefined
}
