/** Strategic merge patches, as `kubectl apply` sends them: a merge patch that knows which lists are sets or maps. */

import { badRequest, unforeseen } from '../status.ts'
import { isObject } from './fields.ts'
import { goFormat } from './go-text.ts'

const POD = 'spec.template.spec'
const CONTAINERS = ['containers', 'initContainers'].map((list) => `${POD}.${list}`)

/** Lists whose elements are merged by a key, and lists that are sets; other lists are replaced. */
const KEYS = new Map([
  ['metadata.ownerReferences', 'uid'],
  ['spec.template.metadata.ownerReferences', 'uid'],
  ['spec.ports', 'port'],
  [`${POD}.volumes`, 'name'],
  [`${POD}.imagePullSecrets`, 'name'],
  ...CONTAINERS.flatMap((container) => [
    [container, 'name'] as const,
    [`${container}.env`, 'name'] as const,
    [`${container}.ports`, 'containerPort'] as const,
    [`${container}.volumeMounts`, 'mountPath'] as const,
  ]),
  ['secrets', 'name'],
  ['imagePullSecrets', 'name'],
])
const SETS = new Set(['metadata.finalizers'])

/** @throws StatusError 500, as a real server, for a `$patch` that does not exist; 400 for other directives out of place. */
export function strategicMerge(target: unknown, patch: Record<string, unknown>, path = ''): Record<string, unknown> {
  const directive = patch.$patch
  if (directive === 'replace') return withoutDirectives(patch)
  if (directive === 'delete') return {}
  if (directive !== undefined) {
    throw unforeseen(`unknown patch type: ${goFormat(directive)} in map: ${goFormat(patch)}`)
  }
  const result = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) {
      applyDirective(result, name, value)
      continue
    }
    const inside = path ? `${path}.${name}` : name
    if (value === null) result.delete(name)
    else if (isObject(value)) result.set(name, strategicMerge(result.get(name), value, inside))
    else if (Array.isArray(value)) result.set(name, mergeList(result.get(name), value, inside))
    else result.set(name, value)
  }
  return Object.fromEntries(result)
}

function applyDirective(result: Map<string, unknown>, name: string, value: unknown): void {
  const [directive, list] = name.split('/')
  switch (directive) {
    case '$patch':
    case '$setElementOrder': // the order of sets and maps means nothing here
      return
    case '$retainKeys':
      if (!Array.isArray(value)) throw badRequest('$retainKeys must be a list')
      for (const key of result.keys()) if (!value.includes(key)) result.delete(key)
      return
    case '$deleteFromPrimitiveList': {
      if (!Array.isArray(value) || !list) throw badRequest(`${directive} must name a list and its elements`)
      const before = result.get(list)
      if (Array.isArray(before)) {
        result.set(
          list,
          before.filter((each) => !value.includes(each)),
        )
      }
      return
    }
    default:
      throw badRequest(`Unknown directive in a strategic merge patch: ${name}`)
  }
}

function mergeList(target: unknown, patch: readonly unknown[], path: string): unknown[] {
  const before = Array.isArray(target) ? target : []
  if (SETS.has(path)) return [...new Set([...before, ...patch])]
  const key = KEYS.get(path)
  if (key === undefined) return patch.map((each) => (isObject(each) ? withoutDirectives(each) : each))
  if (patch.some((each) => isObject(each) && each.$patch === 'replace')) {
    return patch.filter((each) => !(isObject(each) && each.$patch === 'replace'))
  }
  const elements = new Map(before.map((each) => [isObject(each) ? each[key] : each, each]))
  for (const each of patch) {
    if (!isObject(each) || each[key] === undefined) {
      throw badRequest(`map: ${JSON.stringify(each)} does not contain declared merge key: ${key}`)
    }
    if (each.$patch === 'delete') elements.delete(each[key])
    else elements.set(each[key], strategicMerge(elements.get(each[key]), each, path))
  }
  return [...elements.values()]
}

function withoutDirectives(patch: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')))
}
