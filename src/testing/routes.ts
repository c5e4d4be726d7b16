/** What a request asks for, by its method and path. */
import type { Verb } from './faults.ts'
import { methodNotAllowed, noSuchPath } from './status.ts'

export interface Route {
  readonly verb: Verb
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly query: URLSearchParams
}

const LEASES =
  /^\/apis\/coordination\.k8s\.io\/v1\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<resource>leases)(?:\/(?<name>[^/]+))?$/

/** @throws StatusError 404 for paths that nobody serves, 405 for methods that they do not have. */
export function routeOf(method: string, url: string): Route {
  const { pathname, searchParams: query } = parseUrl(url)
  const match = LEASES.exec(pathname)
  if (!match?.groups) throw noSuchPath()
  const { resource, namespace, name } = match.groups as { resource: string; namespace?: string; name?: string }
  const isWatch = ['true', '1'].includes(query.get('watch') ?? '')
  const verb = verbOf(method, name !== undefined, isWatch)
  if (namespace === undefined && verb !== 'list' && verb !== 'watch') throw noSuchPath()
  return { verb, resource, namespace: decode(namespace), name: decode(name), query }
}

function verbOf(method: string, hasName: boolean, isWatch: boolean): Verb {
  switch (method) {
    case 'GET':
      if (isWatch) return 'watch'
      return hasName ? 'get' : 'list'
    case 'POST':
      if (!hasName) return 'create'
      break
    case 'PUT':
      if (hasName) return 'update'
      break
    case 'PATCH':
      if (hasName) return 'patch'
      break
    case 'DELETE':
      if (hasName) return 'delete'
      break
  }
  throw methodNotAllowed()
}

function parseUrl(url: string): URL {
  try {
    return new URL(url, 'http://server')
  } catch {
    throw noSuchPath()
  }
}

function decode(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment)
  } catch {
    throw noSuchPath()
  }
}
