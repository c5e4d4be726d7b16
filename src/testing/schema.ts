/**
 * What fields objects have. One description serves the decoding of requests, as strict as the API server's, and the
 * OpenAPI document that kubectl reads.
 */
import { type Fields, isObject } from './fields.ts'

export type Schema =
  | { readonly type: 'string' | 'boolean' | 'int32' | 'int64' | 'time' | 'microTime' | 'any' }
  | { readonly type: 'list'; readonly of: Schema }
  | { readonly type: 'map'; readonly of: Schema }
  | ObjectSchema

export interface ObjectSchema {
  readonly type: 'object'
  /** Of the Go struct, which messages name. */
  readonly name: string
  readonly fields: Readonly<Record<string, Schema>>
}

/** The body is JSON, but no object of the kind: 400 where it is a whole object, 422 where a patch has led to it. */
export class DecodingError extends Error {
  override readonly name = 'DecodingError'
}

const MICRO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.(\d{6})(Z|[+-]\d{2}:\d{2})$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/**
 * The value without the fields that the schema does not know, whose paths are added to `unknown`. A null counts as
 * the field's absence, as it does to Go.
 *
 * @throws DecodingError for wrong types and formats
 */
export function decode(schema: Schema, value: unknown, unknown: string[], path = '', parent = ''): unknown {
  const refuse = () => {
    const received = typeof value === 'number' ? `number ${value}` : jsonType(value)
    const field = `${parent ? `${parent}.` : ''}${path}`
    return new DecodingError(
      `json: cannot unmarshal ${received} into Go struct field ${field} of type ${goType(schema)}`,
    )
  }
  if (value === null || value === undefined) return undefined
  switch (schema.type) {
    case 'any':
      return value
    case 'string':
    case 'boolean':
      if (typeof value !== schema.type) throw refuse()
      return value
    case 'int32':
    case 'int64':
      if (!Number.isInteger(value) || Math.abs(value as number) >= 2 ** (schema.type === 'int32' ? 31 : 63))
        throw refuse()
      return value
    case 'time':
    case 'microTime':
      return decodeTime(schema.type, value, refuse)
    case 'list':
      if (!Array.isArray(value)) throw refuse()
      return value.map((each) => decode(schema.of, each, unknown, path, parent) ?? zero(schema.of))
    case 'map':
      if (!isObject(value)) throw refuse()
      return mapFields(value, (each) => decode(schema.of, each, unknown, path, parent) ?? zero(schema.of))
    case 'object': {
      if (!isObject(value)) throw refuse()
      return mapFields(value, (each, name) => {
        const inside = path ? `${path}.${name}` : name
        const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined
        if (field) return decode(field, each, unknown, inside, schema.name)
        unknown.push(inside)
        return undefined
      })
    }
  }
}

function decodeTime(type: 'time' | 'microTime', value: unknown, refuse: () => Error): string {
  if (typeof value !== 'string') throw refuse()
  const match = (type === 'time' ? TIME : MICRO_TIME).exec(value)
  const date = new Date(match ? value : Number.NaN)
  // Date.parse is lenient about the 31st of short months; a time that does not come back as it went in is none.
  const inDays = match?.[2] === 'Z' ? date : new Date(`${value.slice(0, 19)}Z`)
  if (!match || Number.isNaN(date.getTime()) || !inDays.toISOString().startsWith(value.slice(0, 19))) {
    const layout = type === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00'
    throw new DecodingError(`parsing time ${JSON.stringify(JSON.stringify(value))} as "${layout}": cannot parse`)
  }
  const seconds = date.toISOString().slice(0, 19)
  return type === 'time' ? `${seconds}Z` : `${seconds}.${match[1]}Z`
}

/** Without `undefined`; safe for any name, such as `__proto__`. */
export function mapFields(value: Fields, change: (each: unknown, name: string) => unknown): Record<string, unknown> {
  const entries = Object.entries(value).map(([name, each]) => [name, change(each, name)] as const)
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined))
}

function zero(schema: Schema): unknown {
  return schema.type === 'string' ? '' : schema.type === 'object' || schema.type === 'map' ? {} : null
}

function jsonType(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value
}

function goType(schema: Schema): string {
  switch (schema.type) {
    case 'boolean':
      return 'bool'
    case 'list':
      return `[]${goType(schema.of)}`
    case 'map':
      return `map[string]${goType(schema.of)}`
    case 'object':
      return `v1.${schema.name}`
    case 'time':
    case 'microTime':
      return 'string'
    case 'any':
      return 'interface {}'
    default:
      return schema.type
  }
}
