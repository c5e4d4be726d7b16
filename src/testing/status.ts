/** The API server's refusals: `Status` objects with its codes, reasons and messages. */

export interface StatusBody {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: Record<string, never>
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: Readonly<Record<string, unknown>>
  /** A success has none. */
  readonly code?: number
}

export type Failure = StatusBody & { readonly code: number }

/** Thrown anywhere in the handling of a request; becomes its answer. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly body: Failure
  readonly retryAfter: number | undefined
  constructor(body: Failure, retryAfter?: number) {
    super(body.message)
    this.body = body
    this.retryAfter = retryAfter
  }
}

export interface Named {
  readonly group?: string
  readonly resource: string
  readonly name?: string
}

export function failure(
  code: number,
  reason: string | undefined,
  message: string,
  details?: Record<string, unknown>,
): Failure {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== undefined && { reason }),
    ...(details && { details }),
    code,
  }
}

export function success(details: Record<string, unknown>): StatusBody {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

function detailsOf({ group, resource, name }: Named, more: Record<string, unknown> = {}) {
  return { ...(name && { name }), ...(group && { group }), ...(resource && { kind: resource }), ...more }
}

/** `leases.coordination.k8s.io`: how messages name a resource. */
function qualified({ group, resource }: Named): string {
  return group ? `${resource}.${group}` : resource
}

/** What the server did not foresee as anybody's fault, though it is the client's: 500, without a reason. */
export const unforeseen = (message: string) => new StatusError(failure(500, undefined, message))

export const badRequest = (message: string) => new StatusError(failure(400, 'BadRequest', message))

export const unauthorized = () => new StatusError(failure(401, 'Unauthorized', 'Unauthorized'))

/** `namespace`: undefined for a request that reaches over all of them. `reason`: what the authorizer says beside. */
export function forbidden(object: Named, user: string, verb: string, namespace: string | undefined, reason?: string) {
  const who = `User ${JSON.stringify(user)} cannot ${verb} resource ${JSON.stringify(object.resource)}`
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  const where = `in API group ${JSON.stringify(object.group ?? '')} ${scope}`
  const subject = object.name ? `${qualified(object)} ${JSON.stringify(object.name)}` : qualified(object)
  const message = `${subject} is forbidden: ${who} ${where}${reason ? `: ${reason}` : ''}`
  return new StatusError(failure(403, 'Forbidden', message, detailsOf(object)))
}

/** What admission says. */
export function forbiddenBecause(object: Named, problem: string) {
  const message = `${qualified(object)} ${JSON.stringify(object.name)} is forbidden: ${problem}`
  return new StatusError(failure(403, 'Forbidden', message, detailsOf(object)))
}

export const notFound = (object: Named) =>
  new StatusError(
    failure(404, 'NotFound', `${qualified(object)} ${JSON.stringify(object.name)} not found`, detailsOf(object)),
  )

export const noSuchPath = () =>
  new StatusError(failure(404, 'NotFound', 'the server could not find the requested resource', {}))

export const alreadyExists = (object: Named) =>
  new StatusError(
    failure(
      409,
      'AlreadyExists',
      `${qualified(object)} ${JSON.stringify(object.name)} already exists`,
      detailsOf(object),
    ),
  )

export const modified = (object: Named) => conflict(object, MODIFIED)

const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again'

export function conflict(object: Named, cause: string) {
  const message = `Operation cannot be fulfilled on ${qualified(object)} ${JSON.stringify(object.name)}: ${cause}`
  return new StatusError(failure(409, 'Conflict', message, detailsOf(object)))
}

export interface FieldError {
  readonly field: string
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
  readonly message: string
}

export function wrong(field: string, value: unknown, problem: string): FieldError {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${problem}` }
}

export function required(field: string, problem = ''): FieldError {
  return { field, reason: 'FieldValueRequired', message: `Required value${problem && `: ${problem}`}` }
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(value)}` }
}

export function fieldForbidden(field: string, problem: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${problem}` }
}

export function unsupportedValue(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(', ')
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`
  return { field, reason: 'FieldValueNotSupported', message }
}

export function invalid(object: Named & { kind: string }, errors: readonly FieldError[]) {
  // What is found twice is told once, but is two causes.
  const listed = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  const text = listed.length === 1 ? listed[0] : `[${listed.join(', ')}]`
  const qualifiedKind = `${object.kind}${object.group ? `.${object.group}` : ''}`
  const subject = `${qualifiedKind} ${JSON.stringify(object.name ?? '')}`
  const details = {
    ...detailsOf(object),
    ...(object.kind && { kind: object.kind }),
    causes: errors.map(({ field, reason, message }) => ({ reason, message, field })),
  }
  return new StatusError(failure(422, 'Invalid', `${subject} is invalid: ${text}`, details))
}

export const unsupportedMediaType = (supported: readonly string[]) =>
  new StatusError(
    failure(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`,
    ),
  )

export const unsupportedPatchType = () =>
  new StatusError(failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {}))

/** `"Pod"` in `coordination.k8s.io/v1`. */
export function notRegistered(kind: string, apiVersion: string): string {
  const where = 'in scheme "pkg/runtime/scheme.go:111"'
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} ${where}`
}

export const methodNotAllowed = () =>
  new StatusError(
    failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
  )

export const notAcceptable = (accepted: readonly string[]) =>
  new StatusError(
    failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`, {}),
  )

export const tooLarge = (limit: number) =>
  new StatusError(failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`))

/** Only in a watch's ERROR event. */
export const expired = (requested: string, oldest: string) =>
  failure(410, 'Expired', `too old resource version: ${requested} (${oldest})`)

/** A page of a list whose first page was taken at a version that is forgotten. */
export const expiredContinue = () =>
  failure(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You must start a new list without ' +
      'the continue parameter.',
  )

export const futureVersion = (requested: string, current: string) =>
  new StatusError(
    failure(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    }),
    1,
  )

const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

const MESSAGES: Record<number, string> = {
  429: 'too many requests, please try again later',
  503: 'the server is currently unable to handle the request',
  504: 'request did not complete within the allotted timeout',
}

/** The Status of an injected failure that has nothing to say of the object. */
export function injected(code: number, retryAfterSeconds?: number): Failure {
  const message = MESSAGES[code] ?? `injected failure ${code}`
  return failure(code, REASONS[code] ?? 'InternalError', message, retryAfterSeconds ? { retryAfterSeconds } : {})
}
