/**
 * Kubernetes' protobuf, which client-go sends and asks for unless told otherwise: an envelope (`k8s\0` and an `Unknown`)
 * around a message whose fields have the names that they have in JSON.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { type Fields, isObject } from '../objects/fields.ts'
import { apiVersionOf, type Resource } from '../objects/resources.ts'
import { type Field, MESSAGES, type Message } from './protobuf-messages.ts'

export const PROTOBUF = 'application/vnd.kubernetes.protobuf'

const MAGIC = Buffer.from('k8s\0')

/** Whether an answer in protobuf is what the client would like best. */
export function prefersProtobuf(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').map((each) => each.trim().toLowerCase())
  const best = ranges.find((each) => !each.includes('as='))
  return best?.split(';')[0] === PROTOBUF
}

/** Whether its objects can be written in protobuf; those of the others are JSON, which clients read by its content type. */
export function hasProtobuf(resource: Resource): boolean {
  return messageOf(apiVersionOf(resource), resource.kind) !== undefined
}

/** The object in the envelope, as JSON has it. @throws Error for what is no protobuf, or a kind that is not known. */
export function readProtobuf(bytes: Buffer): Fields {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new Error('provided data does not appear to be a protobuf message')
  const { typeMeta, raw } = read(UNKNOWN, bytes.subarray(MAGIC.length)) as { typeMeta?: Fields; raw?: Uint8Array }
  const { apiVersion = '', kind = '' } = (typeMeta ?? {}) as Record<string, string>
  const message = messageOf(apiVersion, kind)
  if (!message) throw new Error(`no kind ${JSON.stringify(kind)} is known in protobuf`)
  return { apiVersion, kind, ...read(message, raw ?? new Uint8Array()) }
}

/** The object in its envelope; undefined for kinds that are answered in JSON only. */
export function writeProtobuf(object: object): Uint8Array | undefined {
  const { apiVersion = '', kind = '', ...fields } = object as Record<string, unknown>
  const message = messageOf(String(apiVersion), String(kind))
  if (!message) return undefined
  const raw = write(message, fields)
  return Buffer.concat([MAGIC, write(UNKNOWN, { typeMeta: { apiVersion, kind }, raw })])
}

/** One event of a watch, with its length before it. */
export function writeWatchEvent(type: string, object: object): Uint8Array | undefined {
  const raw = writeProtobuf(object)
  if (!raw) return undefined
  const event = write(WATCH_EVENT, { type, object: { raw } })
  const length = Buffer.alloc(4)
  length.writeUInt32BE(event.length)
  return Buffer.concat([length, event])
}

const UNKNOWN: Message = {
  1: { name: 'typeMeta', type: { 1: { name: 'apiVersion', type: 'string' }, 2: { name: 'kind', type: 'string' } } },
  2: { name: 'raw', type: 'bytes' },
}
const WATCH_EVENT: Message = {
  1: { name: 'type', type: 'string' },
  2: { name: 'object', type: { 1: { name: 'raw', type: 'bytes' } } },
}

function messageOf(apiVersion: string, kind: string): Message | undefined {
  return MESSAGES.get(`${apiVersion}/${kind}`) ?? MESSAGES.get(kind)
}

function read(message: Message, bytes: Uint8Array): Record<string, unknown> {
  const reader = new BinaryReader(bytes)
  const result = new Map<string, unknown>()
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    const field = message[number]
    if (!field) {
      reader.skip(wireType, number)
      continue
    }
    const { name, isList } = field
    const value = readValue(field, reader)
    if (field.type === 'map') result.set(name, { ...(result.get(name) as object), ...(value as object) })
    else if (isList) result.set(name, [...((result.get(name) as unknown[]) ?? []), value])
    else if (value !== undefined) result.set(name, value)
  }
  return Object.fromEntries(result)
}

function readValue({ type }: Field, reader: BinaryReader): unknown {
  switch (type) {
    case 'string':
      return reader.string()
    case 'bool':
      return reader.bool()
    case 'int32':
      return reader.int32()
    case 'int64':
      return Number(reader.int64())
    case 'bytes':
      return reader.bytes()
    case 'time':
    case 'microTime':
      return readTime(reader.bytes(), type)
    case 'map': {
      const { key = '', value = '' } = read(ENTRY, reader.bytes())
      return Object.fromEntries([[key, value]])
    }
    case 'fields': {
      const { raw = new Uint8Array() } = read(RAW, reader.bytes()) as { raw?: Uint8Array }
      return raw.length > 0 ? JSON.parse(Buffer.from(raw).toString()) : {}
    }
    default:
      return read(type, reader.bytes())
  }
}

const ENTRY: Message = { 1: { name: 'key', type: 'string' }, 2: { name: 'value', type: 'string' } }
const RAW: Message = { 1: { name: 'raw', type: 'bytes' } }
const TIMESTAMP: Message = { 1: { name: 'seconds', type: 'int64' }, 2: { name: 'nanos', type: 'int32' } }

/** Go's zero time is an empty message. */
function readTime(bytes: Uint8Array, type: 'time' | 'microTime'): string | undefined {
  const { seconds = 0, nanos = 0 } = read(TIMESTAMP, bytes) as { seconds?: number; nanos?: number }
  if (seconds === 0 && nanos === 0) return undefined
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return type === 'time' ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

function write(message: Message, object: Fields): Uint8Array {
  const writer = new BinaryWriter()
  for (const [number, field] of Object.entries(message)) {
    const value = Object.hasOwn(object, field.name) ? object[field.name] : undefined
    if (value === undefined || value === null) continue
    for (const each of field.isList ? (value as unknown[]) : field.type === 'map' ? Object.entries(value) : [value]) {
      writeValue(writer, Number(number), field, each)
    }
  }
  return writer.finish()
}

function writeValue(writer: BinaryWriter, number: number, { type }: Field, value: unknown): void {
  switch (type) {
    case 'string':
      writer.tag(number, WireType.LengthDelimited).string(String(value))
      return
    case 'bool':
      writer.tag(number, WireType.Varint).bool(Boolean(value))
      return
    case 'int32':
      writer.tag(number, WireType.Varint).int32(Number(value))
      return
    case 'int64':
      writer.tag(number, WireType.Varint).int64(Number(value))
      return
    default:
      writer.tag(number, WireType.LengthDelimited).bytes(contentOf(type, value))
  }
}

function contentOf(type: Exclude<Field['type'], 'string' | 'bool' | 'int32' | 'int64'>, value: unknown): Uint8Array {
  switch (type) {
    case 'bytes':
      return value as Uint8Array
    case 'time':
    case 'microTime': {
      const text = String(value)
      const micros = /\.(\d{6})Z$/.exec(text)?.[1] ?? '0'
      const seconds = Date.parse(`${text.slice(0, 19)}Z`) / 1000
      return write(TIMESTAMP, { seconds, nanos: Number(micros) * 1000 })
    }
    case 'map': {
      const [key, each] = value as [string, string]
      return write(ENTRY, { key, value: each })
    }
    case 'fields':
      return write(RAW, { raw: Buffer.from(JSON.stringify(value)) })
    default:
      return write(type, isObject(value) ? value : {})
  }
}
