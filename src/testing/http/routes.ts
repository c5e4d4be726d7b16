/** What a request asks for, by its method and path. */
import type { Verb } from '../faults.ts'
import { apiVersionOf, type Resource } from '../objects/resources.ts'
import { methodNotAllowed, noSuchPath } from '../status.ts'

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

/** @throws StatusError 404 for paths that nobody serves (NoSuchGroup for whole groups), 405 for methods that they do not have. */
export function routeOf(method: string, { pathname, searchParams: query }: URL, served: readonly Resource[]): Route {
  const match = PATH.exec(pathname)?.groups
  const resource = served.find(
    (each) =>
      each.group === (match?.group ?? '') && each.version === match?.version && each.resource === match?.resource,
  )
  const isServed = ({ group, version }: Resource) => group === match?.group && version === match?.version
  if (match?.group && !served.some(isServed)) throw new NoSuchGroup()
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

/** What nobody serves at all is 404 in plain text, not a Status. */
export class NoSuchGroup extends Error {
  override readonly name = 'NoSuchGroup'
  override readonly message = '404 page not found'
}

const VERBS: Record<string, { readonly named?: Verb; readonly unnamed?: Verb }> = {
  GET: { named: 'get', unnamed: 'list' },
  POST: { unnamed: 'create' },
  PUT: { named: 'update' },
  PATCH: { named: 'patch' },
  DELETE: { named: 'delete', unnamed: 'deletecollection' },
}

function verbOf(method: string, hasName: boolean, isWatch: boolean): Verb {
  const verbs = Object.hasOwn(VERBS, method) ? VERBS[method] : undefined
  const verb = isWatch && method === 'GET' ? 'watch' : verbs?.[hasName ? 'named' : 'unnamed']
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
