/** What a request asks for, by its method and path. */
import type { Verb } from './faults.ts'
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts'
import { methodNotAllowed, noSuchPath } from './status.ts'

export interface Route {
  readonly verb: Verb
  readonly resource: Resource
  /** undefined: of all namespaces, or of none, where the resource has none. */
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly query: URLSearchParams
}

const PATH =
  /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<resource>[^/]+)(?:\/(?<name>[^/]+))?$/

/** @throws StatusError 404 for paths that nobody serves, 405 for methods that they do not have. */
export function routeOf(method: string, { pathname, searchParams: query }: URL): Route {
  const match = PATH.exec(pathname)?.groups
  const resource = RESOURCES.find(
    (each) =>
      each.group === (match?.group ?? '') && each.version === match?.version && each.resource === match?.resource,
  )
  if (!match || !resource) throw noSuchPath()
  const isWatch = ['true', '1'].includes(query.get('watch') ?? '')
  const verb = verbOf(method, match.name !== undefined, isWatch)
  const namespace = decode(match.namespace)
  if (namespace !== undefined && !resource.isNamespaced) throw noSuchPath()
  const needsNamespace = resource.isNamespaced && !['list', 'watch'].includes(verb)
  if (needsNamespace && namespace === undefined) throw noSuchPath()
  return { verb, resource, namespace, name: decode(match.name), query }
}

/** @throws StatusError 404 for what is no path at all. */
export function parseUrl(url: string): URL {
  try {
    return new URL(url, 'http://server')
  } catch {
    throw noSuchPath()
  }
}

/** For lists and their tables. */
export function listKindOf(resource: Resource) {
  return { apiVersion: apiVersionOf(resource), kind: `${resource.kind}List` }
}

const VERBS: Record<string, { readonly named?: Verb; readonly unnamed?: Verb }> = {
  GET: { named: 'get', unnamed: 'list' },
  POST: { unnamed: 'create' },
  PUT: { named: 'update' },
  PATCH: { named: 'patch' },
  DELETE: { named: 'delete', unnamed: 'deletecollection' },
}

function verbOf(method: string, hasName: boolean, isWatch: boolean): Verb {
  const verb = isWatch && method === 'GET' ? 'watch' : VERBS[method]?.[hasName ? 'named' : 'unnamed']
  if (!verb) throw methodNotAllowed()
  return verb
}

function decode(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment)
  } catch {
    throw noSuchPath()
  }
}
