/** A request for a resource: what it asks for, read from its line, headers and body; and what is kept of it. */
import type { FaultEffect, Struck, Verb } from '../faults.ts'
import { parsePatch } from '../objects/patch.ts'
import type { Resource } from '../objects/resources.ts'
import { selectedName } from '../objects/selectors.ts'
import { checkAcceptable, type HttpRequest, parseBody } from './exchange.ts'
import { duplicateFields } from './json.ts'
import { PROTOBUF } from './protobuf.ts'
import { type Route, routeOf } from './routes.ts'

/** One request, as it was received. */
export interface RecordedRequest {
  /** Whose token it came with: a pod's name, or the administrator. */
  readonly identity: string
  /** What it asked for, in the words of RBAC. */
  readonly verb: Verb
  /** Plural, as in paths: `leases`. */
  readonly resource: string
  /** Undefined where it is about all, or about what has none. */
  readonly namespace: string | undefined
  /** Of the object, or the one that a watch selects; undefined where it names none. */
  readonly name: string | undefined
  /** Of HTTP. */
  readonly method: string
  /** With its query. */
  readonly path: string
  /** `1.1` or `2.0`. */
  readonly httpVersion: string
  /** Without its parameters. */
  readonly contentType: string | undefined
  /** Decoded, whatever it came in. */
  readonly body: unknown
  /** Monotonic milliseconds of this process. */
  readonly at: number
  /** Once it was answered. */
  status: number | undefined
  /** What has struck it: the faults that match it, taken together. */
  fault?: FaultEffect
}

/** A request for a resource, read and authenticated. */
export interface Call {
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

/** @throws StatusError, or NoSuchGroup, where it asks for what there is not. */
export function readCall(
  served: readonly Resource[],
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

/** Without its parameters. */
export function mediaTypeOf({ headers }: HttpRequest): string | undefined {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase()
}

/** A server that runs for days must not keep everything that it was ever asked. */
const MOST_RECORDED = 100_000

/** Keeps it, and forgets the oldest where there are very many. */
export function record(requests: RecordedRequest[], request: RecordedRequest): void {
  if (requests.length >= MOST_RECORDED) requests.splice(0, MOST_RECORDED / 10)
  requests.push(request)
}
