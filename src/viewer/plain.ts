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
/** Characters of a text that are looked through for secrets, of which fewer are shown. */
const LOOKED_THROUGH = 4 * LONGEST
/** Characters of a whole: it is put into JSON at every transition, while an election waits. */
const MOST = 100_000
/** Of them, what a value takes however short it is. */
const LEAST = 10

/** Whatever stands between its words; with `fencingToken` shown. */
const SECRET_NAME =
  /^((proxy)?authorization|(set)?cookies?|headers|jwt|keydata|pass)$|(?<!fencing)tokens?$|(password|passphrase|passwd|pwd|secret|apikey|accesskey|credential|kubeconfig|privatekey|clientkey|bearer)s?(data)?$/i
/** Bearer tokens, JSON web tokens, private keys also as kubeconfigs have them, what stands in addresses. */
const SECRET_TEXT =
  /\bBearer\s+[\w.~+/-]{8,}=*|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)|\bLS0tLS1CRUdJTi[\w+/]*=*|(?<=:\/\/)[^\s/:@]*:[^\s/@]+(?=@)|(?<=[?&]([\w-]*token|api_?key|password|secret)=)[^&\s#"']+/gi
const HIDDEN = '(not shown)'

/** Where in the whole a value is. */
interface Place {
  readonly path: readonly object[]
  /** Characters that may yet be taken: of the whole. */
  readonly left: { characters: number }
}

export function plain(value: unknown): Plain {
  return read(() => plainAt(value, { path: [], left: { characters: MOST } })) ?? null
}

/** Undefined for what is left out. */
function plainAt(value: unknown, place: Place): Plain | undefined {
  const { left } = place
  if (left.characters <= 0) return '…'
  left.characters -= typeof value === 'string' ? Math.max(LEAST, Math.min(value.length, LONGEST)) : LEAST
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
      return value === null ? null : ofObject(value, place)
    default:
      return undefined
  }
}

function ofObject(object: object, { path, left }: Place): Plain | undefined {
  if (path.includes(object)) return '(circular)'
  if (path.length >= DEEPEST) return '…'
  const within = { path: [...path, object], left }
  if (object instanceof Error) return ofError(object, within)
  if (isActor(object)) return `actor ${object.sessionId}`
  if (hasJson(object)) return read(() => plainAt(object.toJSON(), within))
  if (object instanceof Map) return ofList(pairsOf(object), within)
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

function ofError(error: Error, place: Place): Plain {
  const cause = error.cause === undefined ? undefined : plainAt(error.cause, place)
  return { name: cut(String(error.name)), message: cut(String(error.message)), ...(cause !== undefined && { cause }) }
}

function pairsOf(map: ReadonlyMap<unknown, unknown>): [unknown, unknown][] {
  return [...map].map(([key, value]) => [key, typeof key === 'string' && isSecret(key) ? HIDDEN : value])
}

function ofList(values: readonly unknown[], place: Place): Plain {
  const shown = values.slice(0, MOST_ENTRIES).map((each) => read(() => plainAt(each, place)) ?? null)
  return values.length > shown.length ? [...shown, `… and ${values.length - shown.length} more`] : shown
}

function ofEntries(names: readonly string[], object: Readonly<Record<string, unknown>>, place: Place): Plain {
  const entries = names.slice(0, MOST_ENTRIES).flatMap((name) => {
    const value = isSecret(name) ? HIDDEN : read(() => plainAt(object[name], place))
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(names.length > MOST_ENTRIES ? [...entries, ['…', names.length - MOST_ENTRIES]] : entries)
}

function isSecret(name: string): boolean {
  return SECRET_NAME.test(name.replaceAll(/[-_. ]/g, '')) || /[-_]pass$/i.test(name)
}

function cut(text: string): string {
  const shown = text.slice(0, LOOKED_THROUGH).replaceAll(SECRET_TEXT, HIDDEN)
  const isCut = shown.length > LONGEST || text.length > LOOKED_THROUGH
  return isCut ? `${shown.slice(0, LONGEST)}… (${text.length} characters)` : shown
}

function isActor(object: object): object is { readonly sessionId: string } {
  return 'sessionId' in object && 'getSnapshot' in object
}

function hasJson(object: object): object is { toJSON(): unknown } {
  return typeof (object as { toJSON?: unknown }).toJSON === 'function'
}
