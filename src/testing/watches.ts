/** The open watches: streams of lines, one for each change. */
import type { ServerResponse } from 'node:http'
import type { Faults, Struck } from './faults.ts'
import { badRequest, expired, futureVersion } from './status.ts'
import type { Change, Store, StoredObject } from './store.ts'

/** What a watch wants to know of. */
export interface WatchRequest extends Struck {
  readonly namespace: string | undefined
  readonly query: URLSearchParams
}

const BOOKMARK_INTERVAL = 60_000

export class Watches {
  readonly #store: Store
  readonly #faults: Faults
  readonly #open = new Set<() => void>()

  constructor(store: Store, faults: Faults) {
    this.#store = store
    this.#faults = faults
  }

  /** Answers with a stream that lasts until `timeoutSeconds`, or until either side ends it. */
  start(request: WatchRequest, response: ServerResponse): void {
    const { query, resource } = request
    const since = this.#startingPoint(query)
    const wants = filterOf(request)
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.flushHeaders()
    if (since !== undefined && since < this.#store.oldestVersion) {
      const status = expired(String(since), String(this.#store.oldestVersion))
      response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
      return
    }

    const send = (type: string, object: unknown) => {
      const line = `${JSON.stringify({ type, object })}\n`
      const effect = this.#faults.strikeLine(request)
      if (effect === 'silence') return
      if (effect === 'truncate') response.end(line.slice(0, line.length / 2))
      else response.write(line)
    }
    if (since === undefined) {
      for (const object of this.#store.list(resource, request.namespace)) if (wants(object)) send('ADDED', object)
    } else {
      for (const change of this.#store.since(since, resource))
        if (wants(change.object)) send(change.type, change.object)
    }

    const startedAt = this.#store.version
    const unsubscribe = this.#store.subscribe((change: Change) => {
      // The state at the start was told above; its changes may still be on their way to the listeners.
      if (change.resource === resource && change.version > startedAt && wants(change.object)) {
        send(change.type, change.object)
      }
    })
    const timers = [
      query.get('allowWatchBookmarks') === 'true' &&
        setInterval(() => send('BOOKMARK', this.#bookmark()), BOOKMARK_INTERVAL),
      query.has('timeoutSeconds') && setTimeout(() => response.end(), Number(query.get('timeoutSeconds')) * 1000),
    ]
    const end = () => {
      unsubscribe()
      for (const timer of timers) if (timer) clearTimeout(timer)
      this.#open.delete(end)
      response.end()
    }
    this.#open.add(end)
    // Not the request's 'close', which comes as soon as its body was read.
    response.once('close', end)
  }

  get size(): number {
    return this.#open.size
  }

  endAll(): void {
    for (const end of [...this.#open]) end()
  }

  #startingPoint(query: URLSearchParams): bigint | undefined {
    const version = query.get('resourceVersion')
    if (!version || version === '0') return undefined
    if (!/^\d+$/.test(version))
      throw badRequest(`Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing: invalid syntax`)
    if (BigInt(version) > this.#store.version) throw futureVersion(version, String(this.#store.version))
    return BigInt(version)
  }

  #bookmark() {
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { resourceVersion: String(this.#store.version), creationTimestamp: null },
      spec: {},
    }
  }
}

/** By the namespace and name in the path and by the field selector. */
export function filterOf({ namespace, name, query }: Pick<WatchRequest, 'namespace' | 'name' | 'query'>) {
  const names = name === undefined ? selectedNames(query.get('fieldSelector')) : [name]
  return ({ metadata }: StoredObject): boolean =>
    (namespace === undefined || metadata.namespace === namespace) &&
    (names === undefined || names.includes(metadata.name))
}

/** @throws StatusError 400 for a selector of fields that Leases can't be selected by. */
function selectedNames(selector: string | null): string[] | undefined {
  if (!selector) return undefined
  const match = /^metadata\.name==?([^,!=]+)$/.exec(selector)
  if (!match)
    throw badRequest(`Unable to find "coordination.k8s.io/v1, Resource=leases" that match field selector "${selector}"`)
  return [match[1]!]
}
