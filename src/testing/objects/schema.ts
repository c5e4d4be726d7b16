/**
 * What fields objects have. One description serves the decoding of requests, as strict as the API server's, and the
 * OpenAPI document that kubectl reads.
 */
import { type Fields, isObject } from './fields.ts'
import { jsonType, parseTime, type TimeFormat } from './go-text.ts'

export type Schema =
  | {
      readonly type:
        | 'string'
        | 'boolean'
        | 'int32'
        | 'int64'
        | 'intOrString'
        | 'quantity'
        | 'time'
        | 'microTime'
        | 'any'
    }
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

/**
 * The value without the fields that the schema does not know, whose paths are added to `unknown`. A null counts as
 * the field's absence, as it does to Go.
 *
 * @throws DecodingError for wrong types and formats
 */
export function decode(schema: Schema, value: unknown, unknown: string[], path = '', parent = ''): unknown {
  const refuse = () => {
    const isWrongNumber = typeof value === 'number' && schema.type.startsWith('int')
    const received = isWrongNumber ? `number ${value}` : jsonType(value)
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
    case 'intOrString':
      if (typeof value !== 'string' && !Number.isInteger(value)) throw refuse()
      return value
    case 'quantity':
      if (typeof value !== 'string' && typeof value !== 'number') throw refuse()
      if (!QUANTITY.test(String(value))) throw new DecodingError(QUANTITY_RULE)
      return value
    case 'time':
    case 'microTime':
      return decodeTime(schema.type, value)
    case 'list':
      if (!Array.isArray(value)) throw refuse()
      return value.map((each, index) => {
        const inside: string[] = []
        const decoded = decode(schema.of, each, inside, path, parent)
        unknown.push(...inside.map((found) => `${path}[${index}]${found.slice(path.length)}`))
        return decoded ?? zero(schema.of)
      })
    case 'map':
      if (!isObject(value)) throw refuse()
      return mapFields(value, (each) => decode(schema.of, each, unknown, path, parent) ?? zero(schema.of))
    case 'object': {
      if (!isObject(value)) throw refuse()
      const inside = (name: string) => (path ? `${path}.${name}` : name)
      unknown.push(
        ...Object.keys(value)
          .filter((name) => !Object.hasOwn(schema.fields, name))
          .map(inside),
      )
      // In the order of the fields in Go.
      const decoded = Object.entries(schema.fields).map(([name, field]) => {
        const each = Object.hasOwn(value, name) ? value[name] : undefined
        return [name, decode(field, each, unknown, inside(name), schema.name)] as const
      })
      return Object.fromEntries(decoded.filter(([, each]) => each !== undefined))
    }
  }
}

const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/
const QUANTITY_RULE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

function decodeTime(format: TimeFormat, value: unknown): string {
  // A time reads its own text, and does not know which field it is.
  if (typeof value !== 'string') {
    throw new DecodingError(`json: cannot unmarshal ${jsonType(value)} into Go value of type string`)
  }
  try {
    return parseTime(value, format)
  } catch (error) {
    throw new DecodingError((error as Error).message)
  }
}

/** Without `undefined`; safe for any name, such as `__proto__`. */
export function mapFields(value: Fields, change: (each: unknown, name: string) => unknown): Record<string, unknown> {
  const entries = Object.entries(value).map(([name, each]) => [name, change(each, name)] as const)
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined))
}

function zero(schema: Schema): unknown {
  return schema.type === 'string' ? '' : schema.type === 'object' || schema.type === 'map' ? {} : null
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
    case 'intOrString':
      return 'intstr.IntOrString'
    case 'quantity':
      return 'resource.Quantity'
    case 'time':
    case 'microTime':
      return 'string'
    case 'any':
      return 'interface {}'
    default:
      return schema.type
  }
}
