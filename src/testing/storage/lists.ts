/** Lists, in pages. */
import { checkListOptions, numberOf, versionOf } from '../http/query.ts'
import { listKindOf } from '../http/routes.ts'
import type { Resource } from '../objects/resources.ts'
import { selectorOf } from '../objects/selectors.ts'
import type { StoredObject } from '../objects/stored-object.ts'
import { tableOf, wantsTable } from '../objects/tables.ts'
import { badRequest, expired, expiredContinue, type Failure, futureVersion, StatusError } from '../status.ts'
import type { Store } from './store.ts'

export interface ListRequest {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly query: URLSearchParams
  readonly accept: string | undefined
  /** A fault: reads that ask for any version are answered from this many versions ago. */
  readonly staleBy: number | undefined
}

export function list(store: Store, { resource, namespace, query, accept, staleBy }: ListRequest): object {
  checkListOptions(query, false)
  const selects = selectorOf(resource, query)
  const token = parseToken(query)
  const { version, objects } = token ? pageOf(store, resource, token) : readable(store, resource, query, staleBy)
  const selected = objects
    .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
    .filter((object) => token === undefined || keyOf(object) > token.after)
    .filter(selects)
  const { items, ...metadata } = page(selected, version, query)
  if (wantsTable(accept)) return tableOf(resource.print, items, metadata)
  return { ...listKindOf(resource), metadata, items: items.map(withoutKind) }
}

/** In a list the kind is told once, by the list's own. */
export function withoutKind({ kind: _kind, apiVersion: _version, ...object }: StoredObject) {
  return object
}

interface Snapshot {
  readonly version: bigint
  readonly objects: readonly StoredObject[]
}

/** Everything, as a read sees it: see `versionToRead`. */
function readable(store: Store, { resource }: Resource, query: URLSearchParams, staleBy: number | undefined): Snapshot {
  const version = versionToRead(store, query, staleBy)
  if (version === undefined) return { version: store.version, objects: store.list(resource) }
  return { version, objects: store.asOf(resource, version) }
}

/** One object, as a read sees it: see `versionToRead`. That must not cost a walk through all of them. */
export function readOne(
  store: Store,
  { resource, query, staleBy }: Pick<ListRequest, 'resource' | 'query' | 'staleBy'>,
  namespace: string,
  name: string,
): StoredObject | undefined {
  const version = versionToRead(store, query, staleBy)
  if (version === undefined) return store.get(resource.resource, namespace, name)
  const isIt = (object: StoredObject) => keyOf(object) === `${namespace}/${name}`
  return store.asOf(resource.resource, version).find(isIt)
}

/**
 * What a read sees: the present, for which this is undefined; an exact version, if it asks for that; or an older state, if
 * it is content with any version and the cache is stale.
 *
 * @throws StatusError 410 for an exact version that is forgotten, 504 for one in the future
 */
function versionToRead(store: Store, query: URLSearchParams, staleBy: number | undefined): bigint | undefined {
  const requested = versionOf(query)
  checkNotFuture(store, requested)
  if (requested !== undefined && query.get('resourceVersionMatch') === 'Exact') {
    checkKept(store, requested, expired)
    return requested
  }
  return requested === 0n && staleBy ? store.version - BigInt(staleBy) : undefined
}

/** @throws StatusError 504, as a cache answers that waits for a version in vain. */
export function checkNotFuture(store: Store, version: bigint | undefined): void {
  if (version !== undefined && version > store.version) throw futureVersion(String(version), String(store.version))
}

interface Continue {
  readonly version: bigint
  readonly after: string
}

/** A further page shows the state that the first one was taken from. */
function pageOf(store: Store, { resource }: Resource, { version }: Continue): Snapshot {
  checkKept(store, version, expiredContinue)
  return { version, objects: store.asOf(resource, version) }
}

function checkKept(store: Store, version: bigint, refusal: (requested: string, oldest: string) => Failure): void {
  if (version < store.oldestVersion) throw new StatusError(refusal(String(version), String(store.oldestVersion)))
}

function page(selected: readonly StoredObject[], version: bigint, query: URLSearchParams) {
  const limit = numberOf(query, 'limit') ?? 0
  const items = limit > 0 ? selected.slice(0, limit) : selected
  const resourceVersion = String(version)
  const remaining = selected.length - items.length
  if (remaining === 0) return { items, resourceVersion }
  const token = JSON.stringify({ v: 'meta.k8s.io/v1', rv: resourceVersion, start: keyOf(items.at(-1)!) })
  // With a selector the real server does not know how many remain.
  const isSelected = query.get('labelSelector') || query.get('fieldSelector')
  return {
    items,
    resourceVersion,
    continue: Buffer.from(token).toString('base64url'),
    ...(!isSelected && { remainingItemCount: remaining }),
  }
}

function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function parseToken(query: URLSearchParams): Continue | undefined {
  const text = query.get('continue')
  if (!text) return undefined
  if (versionOf(query)) throw badRequest('specifying resource version is not allowed when using continue')
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>
    if (typeof rv === 'string' && /^\d{1,39}$/.test(rv) && typeof start === 'string') {
      return { version: BigInt(rv), after: start }
    }
  } catch {
    // said below
  }
  throw badRequest('continue key is not valid: encoded continue token')
}
