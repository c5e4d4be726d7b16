/** Lists, in pages. */

import type { Resource } from './resources.ts'
import { listKindOf } from './routes.ts'
import { selectorOf } from './selectors.ts'
import { badRequest, expired, futureVersion, StatusError } from './status.ts'
import type { Store, StoredObject } from './store.ts'
import { tableOf, wantsTable } from './tables.ts'

export interface ListRequest {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly query: URLSearchParams
  readonly accept: string | undefined
  /** A fault: reads that ask for any version are answered from this many versions ago. */
  readonly staleBy: number | undefined
}

export function list(store: Store, { resource, namespace, query, accept, staleBy }: ListRequest): object {
  const objects = readable(store, resource, query, staleBy)
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .filter(selectorOf(resource, query))
  const { items, ...metadata } = page(store, objects, query)
  if (wantsTable(accept)) return tableOf(resource.print, items, metadata)
  return { ...listKindOf(resource), metadata, items }
}

/** What a read sees: the present, unless it is content with any version and the cache is stale. */
export function readable(
  store: Store,
  { resource }: Resource,
  query: URLSearchParams,
  staleBy: number | undefined,
): StoredObject[] {
  const version = query.get('resourceVersion')
  checkNotFuture(store, version)
  if (version !== '0' || !staleBy) return store.list(resource)
  return store.asOf(resource, store.version - BigInt(staleBy))
}

export function checkNotFuture(store: Store, version: string | null): void {
  if (!version) return
  if (!/^\d+$/.test(version)) {
    throw badRequest(`Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing: invalid syntax`)
  }
  if (BigInt(version) > store.version) throw futureVersion(version, String(store.version))
}

interface Continue {
  readonly version: string
  readonly after: string
}

function page(store: Store, objects: readonly StoredObject[], query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? 0)
  if (!Number.isInteger(limit) || limit < 0) throw badRequest(`invalid limit: ${query.get('limit')}`)
  const token = parseToken(query.get('continue'))
  if (token && BigInt(token.version) < store.oldestVersion) {
    throw new StatusError(expired(token.version, String(store.oldestVersion)))
  }
  const rest = objects.filter((object) => token === undefined || keyOf(object) > token.after)
  const items = limit > 0 ? rest.slice(0, limit) : rest
  const resourceVersion = token?.version ?? String(store.version)
  const remaining = rest.length - items.length
  if (remaining === 0) return { items, resourceVersion }
  const next: Continue = { version: resourceVersion, after: keyOf(items.at(-1)!) }
  return {
    items,
    resourceVersion,
    continue: Buffer.from(JSON.stringify(next)).toString('base64url'),
    remainingItemCount: remaining,
  }
}

function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function parseToken(text: string | null): Continue | undefined {
  if (!text) return undefined
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Continue
    if (/^\d+$/.test(token.version) && typeof token.after === 'string') return token
  } catch {
    // said below
  }
  throw badRequest('continue key is not valid')
}
