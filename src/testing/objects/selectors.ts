/** Label and field selectors: which objects a list, a watch or a delete-collection is about. */

import { badRequest } from '../status.ts'
import { isQualifiedName } from './metadata-validation.ts'
import type { Resource } from './resources.ts'
import type { StoredObject } from './stored-object.ts'

export type Selector = (object: StoredObject) => boolean

interface FieldTerm {
  readonly path: string
  readonly isEqual: boolean
  readonly value: string
}

/** @throws StatusError 400 for what is no selector, and for fields that the resource cannot be selected by. */
export function selectorOf(resource: Resource, query: URLSearchParams): Selector {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '')
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '').map((term) => fieldFilter(resource, term))
  const requirements = [...labels, ...fields]
  return (object) => requirements.every((holds) => holds(object))
}

/** The one name that a field selector asks for: to rights and to faults such a request counts as named. */
export function selectedName(query: URLSearchParams): string | undefined {
  const selector = query.get('fieldSelector')
  if (!selector) return undefined
  return parseFieldSelector(selector).find(({ path, isEqual }) => path === 'metadata.name' && isEqual)?.value
}

function parseFieldSelector(selector: string): FieldTerm[] {
  return splitUnescaped(selector).map((part) => {
    const match = /^([^=!]+?)(!=|==|=)(.*)$/s.exec(part)
    if (!match) throw badRequest(`invalid selector: '${selector}'; can't understand '${part}'`)
    return { path: match[1]!, isEqual: match[2] !== '!=', value: match[3]!.replace(/\\(.)/gs, '$1') }
  })
}

function fieldFilter(resource: Resource, { path, isEqual, value }: FieldTerm): Selector {
  const read = fieldReader(resource, path)
  return (object) => ((read(object) ?? '') === value) === isEqual
}

function fieldReader({ selectableFields }: Resource, path: string): (object: StoredObject) => unknown {
  const known = ['metadata.name', 'metadata.namespace', ...selectableFields]
  if (known.includes(path)) return (object) => valueAt(object, path)
  const listed = known.map((each) => JSON.stringify(each)).join(', ')
  throw badRequest(`${JSON.stringify(path)} is not a known field selector: only ${listed}`)
}

function valueAt(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined | null)?.[name], object)
}

const SET = /^([^\s!=<>(),]+)\s+(in|notin)\s*\(([^()]*)\)$/
const COMPARISON = /^([^\s!=<>(),]+)\s*(==|=|!=|>|<)\s*([^\s!=<>(),]*)$/
const EXISTENCE = /^(!?)\s*([^\s!=<>(),]+)$/

function parseLabelSelector(selector: string): Selector[] {
  if (selector.trim() === '') return []
  // Commas within parentheses separate values, not requirements.
  return selector.split(/,(?![^(]*\))/).map((part) => labelFilter(part.trim(), selector))
}

function labelFilter(part: string, selector: string): Selector {
  const set = SET.exec(part)
  if (set) {
    const values = set[3]!.split(',').map((each) => each.trim())
    return labelIn(checkedKey(set[1]!, selector), values, set[2] === 'in')
  }
  const comparison = COMPARISON.exec(part)
  if (comparison) {
    const [, key, operator, value] = comparison as unknown as [string, string, string, string]
    if (operator === '>' || operator === '<') return labelOrder(checkedKey(key, selector), operator, value, selector)
    return labelIn(checkedKey(key, selector), [value], operator !== '!=')
  }
  const existence = EXISTENCE.exec(part)
  if (!existence) throw unparsable(selector)
  const key = checkedKey(existence[2]!, selector)
  return ({ metadata }) => Object.hasOwn(metadata.labels ?? {}, key) === (existence[1] === '')
}

function labelIn(key: string, values: readonly string[], isIn: boolean): Selector {
  return ({ metadata: { labels = {} } }) => (Object.hasOwn(labels, key) && values.includes(labels[key]!)) === isIn
}

function labelOrder(key: string, operator: '<' | '>', value: string, selector: string): Selector {
  if (!/^-?\d+$/.test(value)) throw unparsable(selector)
  return ({ metadata: { labels = {} } }) => {
    const label = Object.hasOwn(labels, key) ? labels[key]! : ''
    if (!/^-?\d+$/.test(label)) return false
    return operator === '>' ? Number(label) > Number(value) : Number(label) < Number(value)
  }
}

function checkedKey(key: string, selector: string): string {
  if (!isQualifiedName(key)) throw unparsable(selector)
  return key
}

function unparsable(selector: string) {
  return badRequest(`unable to parse requirement: invalid label selector ${JSON.stringify(selector)}`)
}

/** At the commas that no backslash precedes. */
function splitUnescaped(text: string): string[] {
  return text.match(/(?:\\.|[^,\\])+/gs) ?? []
}
