/** From what a request brings to an object that can be stored. */

import type { WriteOptions } from '../http/query.ts'
import { badRequest, invalid, notRegistered, unforeseen } from '../status.ts'
import { type Fields, isObject } from './fields.ts'
import { goFormat, jsonType } from './go-text.ts'
import { mergePatch } from './merge-patch.ts'
import { METADATA } from './object-schemas.ts'
import { STRATEGIC_PATCH } from './patch.ts'
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts'
import { DecodingError, decode, mapFields } from './schema.ts'
import type { StoredObject } from './stored-object.ts'

export interface DecodedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Fields
  readonly [field: string]: unknown
}

/** Decodes a whole object. @throws StatusError 400 for another kind, wrong types, and unknown fields if `Strict`. */
export function decodeObject(resource: Resource, body: unknown, options: WriteOptions): DecodedObject {
  const given = wholeObject(resource, body)
  const prefix = prefixOf(resource, given)
  return decodeOr((problem) => badRequest(`${prefix}: ${problem}`), resource, given, options)
}

/** Decodes what an apply patch wants: it may say no more than the schema knows. @throws StatusError 400, 500 */
export function decodeApplied(resource: Resource, body: unknown): DecodedObject {
  const given = wholeObject(resource, body)
  const unknown: string[] = []
  try {
    checkKind(resource, given)
    const decoded = decodeFields({ ...resource, structs: [] }, given, unknown)
    if (unknown.length === 0) return decoded
    const { namespace = '', name = '' } = decoded.metadata
    const listed = unknown.map((path) => `.${path}: field not declared in schema`)
    const problems = listed.length === 1 ? listed[0] : `errors:\n  ${listed.join('\n  ')}`
    const what = `(${namespace}/${name}; ${apiVersionOf(resource)}, Kind=${resource.kind})`
    throw unforeseen(`failed to create typed patch object ${what}: ${problems}`)
  } catch (error) {
    throw error instanceof DecodingError ? badRequest(`${prefixOf(resource, given)}: ${error.message}`) : error
  }
}

/** How a patch has come to what it has come to. */
export interface Patched {
  readonly before: StoredObject
  readonly patch: unknown
  readonly contentType: string
  readonly result: Fields
}

/** Decodes what a patch has made of an object. @throws StatusError 422 where that is none. */
export function decodePatched(resource: Resource, patched: Patched, options: WriteOptions): DecodedObject {
  const refuse = (problem: string) => {
    const message = `Invalid value: ${JSON.stringify(textOf(patched))}: ${problem}`
    return invalid({ resource: '', kind: '' }, [{ field: 'patch', reason: 'FieldValueInvalid', message }])
  }
  return decodeOr(refuse, resource, patched.result, options)
}

/** As the API server tells it: the patch of a strategic merge, else the result, in the order of Go's fields. */
function textOf({ before, patch, contentType, result }: Patched): string {
  if (contentType === STRATEGIC_PATCH) return goFormat(patch)
  return JSON.stringify(isObject(patch) ? mergePatch(inGoOrder(before), patch, { isSorted: true }) : result)
}

function inGoOrder({ kind, apiVersion, metadata, ...rest }: StoredObject): object {
  const names = Object.keys(METADATA.fields)
  const ordered = Object.entries(metadata).sort(([a], [b]) => names.indexOf(a) - names.indexOf(b))
  return { apiVersion, kind, metadata: Object.fromEntries(ordered), ...rest }
}

function decodeOr(refuse: (problem: string) => Error, resource: Resource, body: Fields, options: WriteOptions) {
  const unknown: string[] = []
  try {
    checkKind(resource, body)
    const decoded = decodeFields(resource, body, unknown)
    const problem = strictProblem(unknown, options)
    if (problem) throw new DecodingError(problem)
    return decoded
  } catch (error) {
    throw error instanceof DecodingError ? refuse(error.message) : error
  }
}

/** @throws StatusError 400; an absent body counts as an object without any field. */
function wholeObject({ kind }: Resource, body: unknown): Fields {
  const given = body ?? {}
  const wrong = !isObject(given)
    ? `cannot unmarshal ${jsonType(given)} into Go value of type metav1.TypeMeta`
    : (['apiVersion', 'kind'] as const)
        .filter((field) => typeof (given[field] ?? '') !== 'string')
        .map(
          (field) => `cannot unmarshal ${jsonType(given[field])} into Go struct field TypeMeta.${field} of type string`,
        )
        .at(0)
  if (!wrong) return given as Fields
  const problem = `couldn't get version/kind; json parse error: json: ${wrong}`
  throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem}`)
}

/** Who names no kind means the one that the path is about. */
function prefixOf(resource: Resource, given: Fields): string {
  const version = String(given.apiVersion || apiVersionOf(resource))
    .split('/')
    .at(-1)
  return `${given.kind || resource.kind} in version ${JSON.stringify(version)} cannot be handled as a ${resource.kind}`
}

/** @throws DecodingError for a kind that does not exist, StatusError 400 for one of another version. */
function checkKind(resource: Resource, given: Fields): void {
  const [apiVersion, kind] = [given.apiVersion ?? '', given.kind ?? '']
  for (const [field, value] of Object.entries({ apiVersion, kind })) {
    if (typeof value === 'string') continue
    throw new DecodingError(`json: cannot unmarshal ${jsonType(value)} into Go struct field .${field} of type string`)
  }
  const expected = apiVersionOf(resource)
  const [version, name] = [String(apiVersion || expected), String(kind || resource.kind)]
  if (version === expected && name === resource.kind) return
  if (version === expected || !RESOURCES.some((each) => each.kind === name && apiVersionOf(each) === version)) {
    throw new DecodingError(notRegistered(name, version))
  }
  throw badRequest(`the API version in the data (${version}) does not match the expected API version (${expected})`)
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
  return withStructs(resource, {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: withoutEmpty(meta),
    ...fields,
  })
}

/** With the fields that Go always writes. */
export function withStructs({ structs = [] }: Resource, decoded: DecodedObject): DecodedObject {
  const missing = structs.filter((name) => decoded[name] === undefined)
  return missing.length === 0 ? decoded : { ...decoded, ...Object.fromEntries(missing.map((name) => [name, {}])) }
}

/** Empty maps, lists and strings are not stored: to Go they are the absence of the field. */
function withoutEmpty(metadata: Fields): Fields {
  return mapFields(metadata, (each, name) => {
    const isZero = each === '' || (name === 'generation' && each === 0)
    const isEmpty = isZero || (typeof each === 'object' && each !== null && Object.keys(each).length === 0)
    return isEmpty ? undefined : each
  })
}

function strictProblem(
  unknown: readonly string[],
  { fieldValidation, duplicates, warnings }: WriteOptions,
): string | undefined {
  if ((unknown.length === 0 && duplicates.length === 0) || fieldValidation === 'Ignore') return undefined
  const listed = [
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ]
  if (fieldValidation === 'Strict') return `strict decoding error: ${listed.join(', ')}`
  warn(warnings, ...listed)
  return undefined
}

/** As many and as long as fit into a header, and in its characters. */
export function warn(warnings: string[], ...added: readonly string[]): void {
  warnings.push(...added.slice(0, 20).map((each) => each.replace(/[^\x20-\x7e]/g, '?').slice(0, 400)))
}
