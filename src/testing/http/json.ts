/** Reading JSON and YAML as the API server does. */
import { CORE_SCHEMA, load, loadAll } from 'js-yaml'

/** What is nested more deeply could be read, but not be written again. */
const DEEPEST = 500
const MOST_ALIASES = 20

/** @throws SyntaxError with the message of Go's decoder, for what is no JSON or is nested too deeply. */
export function readJson(text: string): unknown {
  let depth = 0
  let isInString = false
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]
    if (isInString) {
      if (character === '\\') index += 1
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    if (depth > DEEPEST) throw new SyntaxError('exceeded max depth')
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SyntaxError(inGo((error as Error).message, text))
  }
}

function inGo(message: string, text: string): string {
  const position = /at position (\d+)/.exec(message)?.[1]
  const unexpected = /^Unexpected token '(.)'/su.exec(message)?.[1]
  const character = unexpected ?? (position === undefined ? undefined : text[Number(position)])
  if (character === undefined || position === String(text.length)) return 'unexpected end of JSON input'
  return `invalid character ${JSON.stringify(character).replace(/^"|"$/g, "'")} looking for beginning of value`
}

/** Most YAML that clients send is JSON. @throws Error */
export function readYaml(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    // Aliases of aliases can stand for more text than there is memory.
    if ((text.match(/(^|[\s,[{:-])\*[^\s*]/g)?.length ?? 0) > MOST_ALIASES) throw new SyntaxError('excessive aliasing')
    // What has no form in JSON is left out, and times stay the text that they are.
    return readJson(JSON.stringify(load(text, { schema: CORE_SCHEMA }) ?? null))
  }
}

/** The documents of a manifest, without the empty ones. @throws Error */
export function readManifests(text: string): object[] {
  const documents: unknown[] = loadAll(text, null, { schema: CORE_SCHEMA })
  return documents.filter((document) => typeof document === 'object' && document !== null)
}

interface Level {
  readonly path: string
  /** undefined: a list. */
  readonly names: Set<string> | undefined
  /** The name, or the index, of what is being read. */
  at: string | number
}

/** The paths of fields that stand twice in a JSON object, of which a reader sees the last only. */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>()
  const levels: Level[] = []
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\],]/gs)) {
    const level = levels.at(-1)
    if (token === '{' || token === '[') {
      const path = level === undefined ? '' : pathIn(level)
      levels.push({ path, names: token === '{' ? new Set() : undefined, at: token === '{' ? '' : 0 })
    } else if (token === '}' || token === ']') levels.pop()
    else if (level?.names === undefined) {
      if (level && token === ',') level.at = Number(level.at) + 1
    } else if (token.endsWith(':')) {
      level.at = JSON.parse(token.slice(0, -1)) as string
      if (level.names.has(level.at)) found.add(pathIn(level))
      level.names.add(level.at)
    }
  }
  return [...found]
}

function pathIn({ path, names, at }: Level): string {
  if (names === undefined) return `${path}[${at}]`
  return path ? `${path}.${at}` : String(at)
}
