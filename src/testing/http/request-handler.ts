/** From a request to its answer: who asks, what for, whether they may, which faults strike, what the store says. */
import type { Authorizer } from '../access/admission.ts'
import type { Identities } from '../access/identities.ts'
import type { Rbac } from '../access/rbac.ts'
import type { FaultEffect, Faults, Struck, Verb } from '../faults.ts'
import { deleteOptionsOf } from '../objects/delete-options.ts'
import { APPLY_PATCH, parsePatch } from '../objects/patch.ts'
import { NAMESPACES, named, type Resource } from '../objects/resources.ts'
import { selectedName, selectorOf } from '../objects/selectors.ts'
import { tableOf, wantsTable } from '../objects/tables.ts'
import { forbidden, injected, modified, notFound, type StatusBody, type StatusError, unauthorized } from '../status.ts'
import { type Collection, terminating } from '../storage/collection.ts'
import { list, readable, withoutKind } from '../storage/lists.ts'
import type { Store } from '../storage/store.ts'
import type { Watches } from '../storage/watches.ts'
import { discover } from './discovery.ts'
import {
  answer,
  answerError,
  checkAcceptable,
  type HttpRequest,
  type HttpResponse,
  parseBody,
  readBody,
} from './exchange.ts'
import { duplicateFields } from './json.ts'
import { PROTOBUF } from './protobuf.ts'
import { type OptionsKind, writeOptionsOf } from './query.ts'
import { listKindOf, NoSuchGroup, parseUrl, type Route, routeOf } from './routes.ts'

/** One request, as it was received. */
export interface RecordedRequest {
  readonly identity: string
  readonly verb: Verb
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly method: string
  readonly path: string
  /** `1.1` or `2.0`. */
  readonly httpVersion: string
  readonly contentType: string | undefined
  readonly body: unknown
  /** Monotonic milliseconds of this process. */
  readonly at: number
  /** Once it was answered. */
  status: number | undefined
}

export interface Backend {
  readonly store: Store
  readonly collections: ReadonlyMap<string, Collection>
  readonly watches: Watches
  readonly faults: Faults
  readonly identities: Identities
  readonly rbac: Rbac
  readonly requests: RecordedRequest[]
  /** The resources that it has, by its feature gates. */
  readonly served: readonly Resource[]
  /** Milliseconds that a request which comes now has to wait for its turn and its service. */
  readonly enter: () => number
  /** Resets what the request came by. */
  readonly reset: (request: HttpRequest) => void
  /** Waits; false where the server has stopped meanwhile, and what waited is lost with it. */
  readonly sleep: (milliseconds: number) => Promise<boolean>
}

/** A request for a resource, read and authenticated. */
interface Call {
  readonly route: Route
  readonly struck: Struck
  readonly body: unknown
  /** Paths of fields that stand twice in the body. */
  readonly duplicates: readonly string[]
  readonly contentType: string
  readonly accept: string | undefined
  readonly userAgent: string
  /** Become headers of the answer. */
  warnings: readonly string[]
  readonly recorded: RecordedRequest
}

export async function handleRequest(backend: Backend, request: HttpRequest, response: HttpResponse): Promise<void> {
  let call: Call | undefined
  try {
    const at = performance.now()
    const bytes = await readBody(request)
    const identity = backend.identities.authenticate(request.headers.authorization)
    const url = parseUrl(request.url ?? '')
    const described = request.method === 'GET' ? discover(url.pathname, backend.served) : undefined
    if (described !== undefined) return answer(response, 200, described, { plainText: typeof described === 'string' })
    if (url.pathname === ACCESS_REVIEWS && request.method === 'POST') {
      return answer(response, 201, review(backend, identity, parseBody(bytes, mediaTypeOf(request), ACCESS_REVIEW)), {
        accept: request.headers.accept,
      })
    }
    call = readCall(backend, request, url, identity, bytes, at)
    record(backend.requests, call.recorded)
    await carryOut(backend, call, request, response)
  } catch (error) {
    if (error instanceof NoSuchGroup) return answer(response, 404, `${error.message}\n`, { plainText: true })
    const status = answerError(response, error)
    if (call) call.recorded.status = status
  }
}

/** A server that runs for days must not keep everything that it was ever asked. */
const MOST_RECORDED = 100_000

function record(requests: RecordedRequest[], request: RecordedRequest): void {
  if (requests.length >= MOST_RECORDED) requests.splice(0, MOST_RECORDED / 10)
  requests.push(request)
}

function readCall(
  { served }: Backend,
  request: HttpRequest,
  url: URL,
  identity: string,
  bytes: Buffer,
  at: number,
): Call {
  const { method = '', headers } = request
  const route = routeOf(method, url, served)
  checkAcceptable(headers.accept)
  const contentType = mediaTypeOf(request)
  const isPatch = route.verb === 'patch'
  const isWhole = route.verb === 'create' || route.verb === 'update'
  const body = isPatch
    ? parsePatch(bytes.toString(), contentType ?? '')
    : bytes.length === 0 && !isWhole
      ? undefined
      : parseBody(bytes, contentType, isWhole ? route.resource.kind : 'DeleteOptions')
  const {
    verb,
    namespace,
    resource: { resource },
  } = route
  const name = route.name ?? selectedName(route.query)
  const inBody = (body as { metadata?: { name?: unknown } } | undefined)?.metadata?.name
  const recorded = {
    identity,
    verb,
    resource,
    namespace,
    name,
    method,
    path: request.url ?? '',
    httpVersion: request.httpVersion,
    contentType,
    body,
    at,
    status: undefined,
  }
  const struck = { identity, verb, resource, name: name ?? (typeof inBody === 'string' ? inBody : undefined) }
  return {
    route,
    struck,
    body,
    duplicates: isWhole && contentType !== PROTOBUF ? duplicateFields(bytes.toString()) : [],
    contentType: contentType ?? '',
    accept: headers.accept,
    userAgent: headers['user-agent'] ?? '',
    warnings: [],
    recorded,
  }
}

function mediaTypeOf({ headers }: HttpRequest): string | undefined {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase()
}

async function carryOut(backend: Backend, call: Call, request: HttpRequest, response: HttpResponse): Promise<void> {
  const { recorded, route, struck, accept } = call
  const queued = backend.enter()
  if (queued > 0 && !(await backend.sleep(queued))) return
  const effect = backend.faults.strike(struck)
  if (effect.hang || effect.drop === 'request') return // the connection stays open, and silent
  if (effect.delay && !(await backend.sleep(effect.delay))) return
  if (!effect.afterCommit && strikesDown(backend, effect, call, request, response)) return
  authorize(backend, call)
  if (route.verb === 'watch') {
    if (effect.drop === 'response') return
    recorded.status = 200
    backend.watches.start({ ...route, accept, struck, name: recorded.name }, response)
    return
  }
  const [code, result] = execute(backend, call, effect)
  if (effect.drop === 'response') return
  if (effect.delayAfterCommit && !(await backend.sleep(effect.delayAfterCommit))) return
  if (effect.afterCommit && strikesDown(backend, effect, call, request, response)) return
  recorded.status = code
  answer(response, code, effect.body ?? result, { warnings: call.warnings, accept })
}

/** Whether a fault has answered, or cut the connection, in place of the server. */
function strikesDown(
  backend: Backend,
  { reset, status, retryAfter, plainText, message, body }: FaultEffect,
  call: Call,
  request: HttpRequest,
  response: HttpResponse,
): boolean {
  if (reset) {
    backend.reset(request)
    return true
  }
  if (status === undefined) return false
  call.recorded.status = status
  const injectedStatus = { ...refusal(backend, call, status, retryAfter), ...(message !== undefined && { message }) }
  answer(response, status, body ?? injectedStatus, { retryAfter, plainText })
  return true
}

/** What the server itself would say, had it come to this. */
function refusal(backend: Backend, call: Call, status: number, retryAfter: number | undefined): StatusBody {
  const { resource } = call.route
  const object = named(resource, call.struck.name)
  switch (status) {
    case 401:
      return unauthorized().body
    case 403:
      return forbiddenTo(backend, call).body
    case 404:
      return notFound(object).body
    case 409:
      return modified(object).body
    default:
      return injected(status, retryAfter)
  }
}

function forbiddenTo({ identities }: Backend, { route, recorded }: Call, reason?: string): StatusError {
  const { verb, resource, namespace } = route
  return forbidden(named(resource, recorded.name), identities.userOf(recorded.identity), verb, namespace, reason)
}

/** @throws StatusError 403 */
function authorize(backend: Backend, call: Call): void {
  const { route, recorded } = call
  const { verb, resource, namespace } = route
  const user = backend.identities.userOf(recorded.identity)
  const attributes = { verb, group: resource.group, resource: resource.resource, namespace, name: recorded.name }
  const decision = backend.rbac.decide(user, attributes)
  if (!decision.isAllowed) throw forbiddenTo(backend, call, decision.reason)
}

function authorizerFor({ rbac, identities }: Backend, { route, recorded }: Call): Authorizer {
  const user = identities.userOf(recorded.identity)
  const { group, resource } = route.resource
  return (verb, name) => rbac.decide(user, { verb, group, resource, namespace: route.namespace, name })
}

const OPTIONS_KINDS: Partial<Record<Verb, OptionsKind>> = { update: 'UpdateOptions', patch: 'PatchOptions' }

function execute(backend: Backend, call: Call, { staleBy }: FaultEffect): [number, unknown] {
  const { collections, store } = backend
  const { route, body, contentType, accept } = call
  const { verb, namespace = '', name = '', query, resource } = route
  const collection = collections.get(resource.resource)!
  const writeOptions = () => {
    const options = writeOptionsOf(query, OPTIONS_KINDS[verb] ?? 'CreateOptions', {
      userAgent: call.userAgent,
      isApply: contentType === APPLY_PATCH,
      duplicates: call.duplicates,
      authorize: authorizerFor(backend, call),
    })
    call.warnings = options.warnings
    return options
  }
  if (verb === 'create' || (verb === 'patch' && contentType === APPLY_PATCH))
    checkNamespace(store, resource, namespace, call.struck.name ?? '')
  switch (verb) {
    case 'get': {
      const object = readable(store, resource, query, staleBy).objects.find(
        ({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === namespace,
      )
      if (!object) throw notFound(named(resource, name))
      const { resourceVersion } = object.metadata
      return [200, wantsTable(accept) ? tableOf(resource.print, [object], { resourceVersion }) : object]
    }
    case 'list':
      return [200, list(store, { resource, namespace: route.namespace, query, accept, staleBy })]
    case 'create':
      return [201, collection.create(namespace, body, writeOptions())]
    case 'update': {
      const { object, isCreated } = collection.update(namespace, name, body, writeOptions())
      return [isCreated ? 201 : 200, object]
    }
    case 'patch': {
      const { object, isCreated } = collection.patch(namespace, name, body, contentType, writeOptions())
      return [isCreated ? 201 : 200, object]
    }
    case 'delete':
      return [200, collection.delete(namespace, name, deleteOptionsOf(query, body))]
    case 'deletecollection': {
      const items = collection.deleteCollection(route.namespace, selectorOf(resource, query), {
        isDryRun: deleteOptionsOf(query, body).isDryRun ?? false,
      })
      return [
        200,
        {
          ...listKindOf(resource),
          metadata: { resourceVersion: String(store.version) },
          items: items.map(withoutKind),
        },
      ]
    }
    default:
      throw new Error(`${verb} is not carried out here`)
  }
}

/** @throws StatusError 404 for a namespace that does not exist, 403 for one that is going away. */
function checkNamespace(store: Store, resource: Resource, namespace: string, name: string): void {
  if (!resource.isNamespaced) return
  const found = store.get(NAMESPACES.resource, '', namespace)
  if (!found) throw notFound(named(NAMESPACES, namespace))
  if (found.metadata.deletionTimestamp) throw terminating(resource, name, namespace)
}

const ACCESS_REVIEW = 'SelfSubjectAccessReview'
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

interface AccessReview {
  readonly spec?: {
    readonly resourceAttributes?: {
      verb?: string
      group?: string
      resource?: string
      namespace?: string
      name?: string
    }
  }
}

/** SelfSubjectAccessReview: may I? */
function review({ rbac, identities }: Backend, identity: string, body: unknown): object {
  const { spec } = (body ?? {}) as AccessReview
  const { verb = '', group = '', resource = '', namespace, name } = spec?.resourceAttributes ?? {}
  const allowed = rbac.allows(identities.userOf(identity), {
    verb,
    group,
    resource,
    namespace,
    name: name || undefined,
  })
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: {},
    spec,
    status: { allowed },
  }
}
