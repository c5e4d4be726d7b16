/** The open watches: streams of lines, one for each change. */
import type { Faults, Struck } from '../faults.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { hasProtobuf, PROTOBUF, prefersProtobuf, writeWatchEvent } from '../http/protobuf.ts'
import { checkListOptions, flagOf, numberOf, versionOf } from '../http/query.ts'
import type { Resource } from '../objects/resources.ts'
import { apiVersionOf } from '../objects/resources.ts'
import { selectorOf } from '../objects/selectors.ts'
import type { StoredObject } from '../objects/stored-object.ts'
import { tableOf, wantsTable } from '../objects/tables.ts'
import { expired } from '../status.ts'
import { checkNotFuture } from './lists.ts'
import type { Change, Store } from './store.ts'

export interface WatchRequest {
  readonly resource: Resource
  readonly namespace: string | undefined
  /** The one object that the path or the field selector names. */
  readonly name: string | undefined
  readonly query: URLSearchParams
  readonly accept: string | undefined
  /** Whom faults strike. */
  readonly struck: Struck
}

const HALF_AN_HOUR = 30 * 60_000
/** The longest delay a timer can have. */
const LONGEST = 2 ** 31 - 1

export class Watches {
  readonly #store: Store
  readonly #faults: Faults
  readonly #bookmarkInterval: number
  readonly #open = new Set<() => void>()

  constructor(store: Store, faults: Faults, bookmarkInterval: number) {
    this.#bookmarkInterval = bookmarkInterval
    this.#store = store
    this.#faults = faults
  }

  get size(): number {
    return this.#open.size
  }

  /** Answers with a stream that lasts until `timeoutSeconds`, or until either side ends it. */
  start(request: WatchRequest, response: HttpResponse): void {
    const { query, resource, namespace } = request
    const start = this.#startOf(query)
    numberOf(query, 'timeoutSeconds')
    const selects = selectorOf(resource, query)
    const wants = (object: StoredObject) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      (request.name === undefined || object.metadata.name === request.name) &&
      selects(object)
    const isProtobuf = prefersProtobuf(request.accept) && hasProtobuf(resource)
    response.writeHead(200, { 'Content-Type': isProtobuf ? `${PROTOBUF};stream=watch` : 'application/json' })
    response.flushHeaders?.()
    if (start.since !== undefined && start.since < this.#store.oldestVersion) {
      const status = expired(String(start.since), String(this.#store.oldestVersion))
      response.end(encode('ERROR', status, isProtobuf))
      return
    }
    const lines = new Lines(request, response, this.#faults, isProtobuf)
    if (start.since === undefined) {
      for (const object of this.#present(request)) if (wants(object)) lines.tell('ADDED', object)
      if (start.marksEnd) lines.mark(this.#store.version, { 'k8s.io/initial-events-end': 'true' })
    } else {
      for (const change of this.#store.since(start.since, resource.resource)) tellChange(lines, change, wants)
    }
    this.#follow(request, response, lines, wants, start.since ?? 0n)
  }

  endAll(): void {
    for (const end of [...this.#open]) end()
  }

  /** A watch of one object must not cost a walk through all of them. */
  #present({ resource, namespace, name }: WatchRequest): readonly StoredObject[] {
    const isAnywhere = resource.isNamespaced && namespace === undefined
    if (name === undefined || isAnywhere) return this.#store.list(resource.resource)
    const object = this.#store.get(resource.resource, namespace ?? '', name)
    return object ? [object] : []
  }

  #follow(
    { query, resource }: WatchRequest,
    response: HttpResponse,
    lines: Lines,
    wants: (object: StoredObject) => boolean,
    since: bigint,
  ): void {
    const timeoutSeconds = numberOf(query, 'timeoutSeconds')
    // What was told above may still be on its way to the listeners.
    const startedAt = since > this.#store.version ? since : this.#store.version
    const unsubscribe = this.#store.subscribe((change) => {
      if (change.resource === resource.resource && change.version > startedAt) tellChange(lines, change, wants)
    })
    const timers = [
      flagOf(query, 'allowWatchBookmarks')
        ? setInterval(() => lines.mark(this.#store.version), this.#bookmarkInterval)
        : undefined,
      setTimeout(() => response.end(), lifetimeOf(timeoutSeconds)),
    ]
    const end = () => {
      unsubscribe()
      for (const timer of timers) clearTimeout(timer)
      this.#open.delete(end)
      response.end()
    }
    this.#open.add(end)
    // Not the request's 'close', which comes as soon as its body was read.
    response.once('close', end)
  }

  /** From which version on; undefined: begin with the present state. A version in the future is waited for. */
  #startOf(query: URLSearchParams): { since?: bigint; marksEnd?: boolean } {
    checkListOptions(query, true)
    const version = versionOf(query, { isWatch: true })
    if (query.get('sendInitialEvents') === 'true') {
      checkNotFuture(this.#store, version)
      return { marksEnd: flagOf(query, 'allowWatchBookmarks') }
    }
    return version === undefined || version === 0n ? {} : { since: version }
  }
}

/** As the API server: what the client asked for, else some time between half an hour and an hour. */
function lifetimeOf(timeoutSeconds: number | undefined): number {
  if (timeoutSeconds === undefined) return (1 + Math.random()) * HALF_AN_HOUR
  return Math.min(LONGEST, Math.max(0, timeoutSeconds) * 1000)
}

/**
 * Tells a change as the watch sees it: an object that begins to match its selector is added for it, one that ceases to
 * match is deleted.
 */
function tellChange(
  lines: Lines,
  { type, object, before, version }: Change,
  wants: (object: StoredObject) => boolean,
): void {
  const [did, does] = [before !== undefined && wants(before), type !== 'DELETED' && wants(object)]
  if (did && does) lines.tell('MODIFIED', object)
  else if (does) lines.tell('ADDED', object)
  else if (did && type === 'DELETED') lines.tell('DELETED', object)
  else if (did && before)
    lines.tell('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } })
}

/** One event: a line of JSON, or a frame of protobuf. */
function encode(type: string, object: object, isProtobuf: boolean): string | Uint8Array {
  return (isProtobuf && writeWatchEvent(type, object)) || `${JSON.stringify({ type, object })}\n`
}

class Lines {
  readonly #request: WatchRequest
  readonly #response: HttpResponse
  readonly #faults: Faults
  readonly #asTable: boolean
  readonly #isProtobuf: boolean
  #count = 0

  constructor(request: WatchRequest, response: HttpResponse, faults: Faults, isProtobuf: boolean) {
    this.#request = request
    this.#response = response
    this.#faults = faults
    this.#asTable = wantsTable(request.accept)
    this.#isProtobuf = isProtobuf
  }

  tell(type: Change['type'], object: StoredObject): void {
    const { resourceVersion } = object.metadata
    const { print } = this.#request.resource
    this.#send(
      type,
      this.#asTable ? tableOf(print, [object], { resourceVersion }, { withColumns: this.#count === 0 }) : object,
    )
  }

  /** A bookmark: the stream has told everything up to this version. */
  mark(version: bigint, annotations?: Record<string, string>): void {
    const { resource } = this.#request
    const metadata = { resourceVersion: String(version), creationTimestamp: null, ...(annotations && { annotations }) }
    this.#send('BOOKMARK', { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata })
  }

  #send(type: string, object: object): void {
    const line = encode(type, object, this.#isProtobuf)
    const effect = this.#faults.strikeLine(this.#request.struck)
    if (effect === 'silence') return
    this.#count += 1
    if (effect === 'truncate') this.#response.end(line.slice(0, line.length / 2))
    else this.#response.write(line)
  }
}
