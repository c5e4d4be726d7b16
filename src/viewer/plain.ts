/**
 * Any value as plain JSON, to be shown: bigints and errors as text, long things cut, functions left out.
 *
 * What looks like a secret by its name, or by its form, is not shown. That is a precaution, not a promise: what is secret
 * does not belong into a machine's context or events.
 */
import type { Plain } from './model/inspected.ts'

const DEEPEST = 8
const MOST_ENTRIES = 60
const LONGEST = 600

const SECRET_NAME =
  /^(authorization|cookie|set-cookie|headers|token|.*(password|passphrase|secret|api_?key|credentials?|kube_?config|private_?key|client_?key|access_?token|id_?token|refresh_?token|bearer)(data)?)$/i
/** Bearer tokens, JSON web tokens, private keys. */
const SECRET_TEXT =
  /\bBearer\s+[\w.~+/-]{8,}=*|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g
const HIDDEN = '(not shown)'

export function plain(value: unknown): Plain {
  return plainAt(value, []) ?? null
}

/** Undefined for what is left out. */
function plainAt(value: unknown, path: readonly object[]): Plain | undefined {
  switch (typeof value) {
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'string':
      return cut(value)
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? null : ofObject(value, path)
    default:
      return undefined
  }
}

function ofObject(object: object, path: readonly object[]): Plain | undefined {
  if (path.includes(object)) return '(circular)'
  if (path.length >= DEEPEST) return '…'
  const within = [...path, object]
  if (object instanceof Error) return ofError(object, within)
  if (isActor(object)) return `actor ${object.sessionId}`
  if (hasJson(object)) return read(() => plainAt(object.toJSON(), within))
  if (object instanceof Map) return ofList([...object], within)
  if (object instanceof Set || Array.isArray(object)) return ofList([...object], within)
  if (ArrayBuffer.isView(object)) return `${object.byteLength} bytes`
  return ofEntries(Object.keys(object), object as Record<string, unknown>, within)
}

/** What runs are functions of the user's. */
function read(get: () => Plain | undefined): Plain | undefined {
  try {
    return get()
  } catch (error) {
    return `(can't be read: ${cut(error instanceof Error ? error.message : String(error))})`
  }
}

function ofError(error: Error, path: readonly object[]): Plain {
  const cause = error.cause === undefined ? undefined : plainAt(error.cause, path)
  return { name: cut(error.name), message: cut(error.message), ...(cause !== undefined && { cause }) }
}

function ofList(values: readonly unknown[], path: readonly object[]): Plain {
  const shown = values.slice(0, MOST_ENTRIES).map((each) => plainAt(each, path) ?? null)
  return values.length > shown.length ? [...shown, `… and ${values.length - shown.length} more`] : shown
}

function ofEntries(
  names: readonly string[],
  object: Readonly<Record<string, unknown>>,
  path: readonly object[],
): Plain {
  const entries = names.slice(0, MOST_ENTRIES).flatMap((name) => {
    const value = SECRET_NAME.test(name) ? HIDDEN : read(() => plainAt(object[name], path))
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(names.length > MOST_ENTRIES ? [...entries, ['…', names.length - MOST_ENTRIES]] : entries)
}

function cut(text: string): string {
  const shown = text.replaceAll(SECRET_TEXT, HIDDEN)
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}… (${shown.length} characters)` : shown
}

function isActor(object: object): object is { readonly sessionId: string } {
  return 'sessionId' in object && 'getSnapshot' in object
}

function hasJson(object: object): object is { toJSON(): unknown } {
  return typeof (object as { toJSON?: unknown }).toJSON === 'function'
}
