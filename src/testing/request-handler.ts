/** From a request to its answer: who asks, what for, which faults strike, what the store says. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FaultEffect, Faults, Verb } from './faults.ts'
import { answer, answerError, parseJson, readBody } from './http.ts'
import type { Identities } from './identities.ts'
import type { Leases } from './leases.ts'
import { type Route, routeOf } from './routes.ts'
import { injected } from './status.ts'
import type { Preconditions, Store } from './store.ts'
import { filterOf, type Watches } from './watches.ts'

/** One request, as it was received. */
export interface RecordedRequest {
  readonly identity: string
  readonly verb: Verb
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly method: string
  readonly path: string
  readonly contentType: string | undefined
  readonly body: unknown
  /** Monotonic milliseconds of this process. */
  readonly at: number
  /** Once it was answered. */
  status: number | undefined
}

export interface Backend {
  readonly store: Store
  readonly leases: Leases
  readonly watches: Watches
  readonly faults: Faults
  readonly identities: Identities
  readonly requests: RecordedRequest[]
  /** Waits, and is cut short when the server closes. */
  readonly sleep: (milliseconds: number) => Promise<void>
}

export async function handleRequest(
  backend: Backend,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let recorded: RecordedRequest | undefined
  try {
    const at = performance.now()
    const text = await readBody(request)
    const identity = backend.identities.authenticate(request.headers.authorization)
    const { method = '', url = '' } = request
    const route = routeOf(method, url)
    const body = text === '' ? undefined : parseJson(text)
    const contentType = request.headers['content-type']?.split(';')[0]?.trim()
    const { verb, resource, namespace, name } = route
    recorded = {
      identity,
      verb,
      resource,
      namespace,
      name,
      method,
      path: url,
      contentType,
      body,
      at,
      status: undefined,
    }
    backend.requests.push(recorded)
    await carryOut(backend, { route, body, contentType: contentType ?? '', recorded }, request, response)
  } catch (error) {
    const status = answerError(response, error)
    if (recorded) recorded.status = status
  }
}

interface Call {
  readonly route: Route
  readonly body: unknown
  readonly contentType: string
  readonly recorded: RecordedRequest
}

async function carryOut(
  backend: Backend,
  call: Call,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { recorded, route } = call
  const effect = backend.faults.strike({ ...recorded, name: nameOf(call) })
  if (effect.hang || effect.drop === 'request') return // the connection stays open, and silent
  if (effect.delay) await backend.sleep(effect.delay)
  if (!effect.afterCommit && strikesDown(effect, request, response, recorded)) return
  if (route.verb === 'watch') {
    if (effect.drop === 'response') return
    recorded.status = 200
    backend.watches.start({ ...route, identity: recorded.identity, name: nameOf(call) }, response)
    return
  }
  const [code, result] = execute(backend, call)
  if (effect.drop === 'response') return
  if (effect.delayAfterCommit) await backend.sleep(effect.delayAfterCommit)
  if (effect.afterCommit && strikesDown(effect, request, response, recorded)) return
  recorded.status = code
  answer(response, code, effect.body ?? result)
}

/** Whether a fault has answered, or cut the connection, in place of the server. */
function strikesDown(
  { reset, status, retryAfter, plainText, message, body }: FaultEffect,
  request: IncomingMessage,
  response: ServerResponse,
  recorded: RecordedRequest,
): boolean {
  if (reset) {
    request.socket.resetAndDestroy()
    return true
  }
  if (status === undefined) return false
  recorded.status = status
  const injectedStatus = { ...injected(status, retryAfter), ...(message !== undefined && { message }) }
  answer(response, status, body ?? injectedStatus, { retryAfter, plainText })
  return true
}

function execute({ leases, store }: Backend, { route, body, contentType }: Call): [number, unknown] {
  const { verb, namespace = '', name = '', resource } = route
  switch (verb) {
    case 'get':
      return [200, leases.get(namespace, name)]
    case 'list': {
      const items = store.list(resource, route.namespace).filter(filterOf(route))
      const metadata = { resourceVersion: String(store.version) }
      return [200, { apiVersion: 'coordination.k8s.io/v1', kind: 'LeaseList', metadata, items }]
    }
    case 'create':
      return [201, leases.create(namespace, body)]
    case 'update': {
      const { object, created } = leases.update(namespace, name, body)
      return [created ? 201 : 200, object]
    }
    case 'patch':
      return [200, leases.patch(namespace, name, body, contentType)]
    case 'delete':
      return [200, leases.delete(namespace, name, preconditionsOf(body))]
    default:
      throw new Error(`${verb} is not carried out here`)
  }
}

function preconditionsOf(body: unknown): Preconditions {
  const preconditions = (body as { preconditions?: Preconditions } | undefined)?.preconditions
  return { uid: preconditions?.uid, resourceVersion: preconditions?.resourceVersion }
}

/** A single Lease selected by a field selector counts as named, for rights and for faults. */
function nameOf({ route: { name, query }, body }: Call): string | undefined {
  const inBody = (body as { metadata?: { name?: unknown } } | undefined)?.metadata?.name
  const selected = /^metadata\.name==?([^,!=]+)$/.exec(query.get('fieldSelector') ?? '')?.[1]
  return name ?? selected ?? (typeof inBody === 'string' ? inBody : undefined)
}
