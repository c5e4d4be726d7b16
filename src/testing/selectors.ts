/** `labelSelector` and `fieldSelector`: which objects a list, watch or deletion means. */
import type { Resource } from './resources.ts'
import { badRequest } from './status.ts'
import type { StoredObject } from './store.ts'

export type Selector = (object: StoredObject) => boolean

/** Both selectors of a query, together. @throws StatusError 400 for one that can't be read, or an unknown field. */
export function selectorOf(resource: Resource, query: URLSearchParams): Selector {
  const requirements = [
    ...fieldRequirements(resource, query.get('fieldSelector') ?? ''),
    ...labelRequirements(query.get('labelSelector') ?? ''),
  ]
  return (object) => requirements.every((holds) => holds(object))
}

/** The one name that the query selects, which then counts as the request's name: for rights and for faults. */
export function selectedName(query: URLSearchParams): string | undefined {
  return /(?:^|,)metadata\.name==?([^,!=]+)(?:$|,)/.exec(query.get('fieldSelector') ?? '')?.[1]
}

function fieldRequirements(resource: Resource, text: string): Selector[] {
  return terms(text).map((term) => {
    const [, field, operator, value] = /^([\w.]+)\s*(==|=|!=)\s*(.*)$/.exec(term) ?? []
    const known = ['metadata.name', 'metadata.namespace', ...resource.selectableFields]
    if (!field || !known.includes(field)) throw badRequest(`field label not supported: ${field ?? term}`)
    return (object) => (valueAt(object, field) === value) === (operator !== '!=')
  })
}

function labelRequirements(text: string): Selector[] {
  return terms(text).map((term) => {
    const [, setKey, setOperator, list] = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term) ?? []
    if (setKey) {
      const values: (string | undefined)[] = list!.split(',').map((value) => value.trim())
      return (object) => values.includes(labelsOf(object)[setKey]) === (setOperator === 'in')
    }
    const [, key, operator, value] = /^([^\s!=]+)\s*(==|=|!=)\s*(\S*)$/.exec(term) ?? []
    if (key) return (object) => (labelsOf(object)[key] === value) === (operator !== '!=')
    const [, not, existing] = /^(!?)\s*([^\s!=()]+)$/.exec(term) ?? []
    if (existing) return (object) => existing in labelsOf(object) === (not === '')
    throw badRequest(`unable to parse requirement: ${JSON.stringify(term)}`)
  })
}

/** At the commas that are not within brackets. */
function terms(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter(Boolean)
}

function labelsOf({ metadata }: StoredObject): Readonly<Record<string, string>> {
  return metadata.labels ?? {}
}

function valueAt(object: unknown, path: string): string {
  let value = object
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  return String(value ?? '')
}
