/** Turns what the API server answered, or what became of the request, into the error that tells the caller what to do. */
import {
  type ApiRequest,
  ConflictError,
  ElectionError,
  ForbiddenError,
  InvalidRequestError,
  type LeaseApiError,
  messageOf,
  NamespaceNotFoundError,
  OwnerReferenceForbiddenError,
  TransientApiError,
  UnauthorizedError,
} from '../errors.ts'
import { NoAnswerError } from './http/exchange.ts'

/** What is known of an unsuccessful answer. */
export interface FailedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** The error for an answer that is not a success. A 404 that means "no such Lease" is not an error: see `isNotFound`. */
export function errorForAnswer(request: ApiRequest, { status, headers, body }: FailedAnswer): LeaseApiError {
  const kubernetesStatus = parseStatus(body)
  const said = kubernetesStatus?.message ?? (typeof body === 'string' ? body.trim().slice(0, 200) : '')
  const message = `${describe(request)}: ${status}${said ? `: ${said}` : ''}`
  const details = { status, cause: body }
  switch (true) {
    case status === 401:
      return new UnauthorizedError(
        `${message}. The credentials were refused, and refreshed ones too: is the token expired, or meant for another cluster?`,
        request,
        details,
      )
    case status === 403 && said.includes('because it is being terminated'):
      return new ForbiddenError(message, request, details)
    case status === 403 && said.includes('cannot set an ownerRef'):
      return new OwnerReferenceForbiddenError(
        `${message}. This cluster lets only those who may delete a Lease give it an owner ` +
          `(OwnerReferencesPermissionEnforcement). ${ruleFor({ ...request, verb: 'delete' })}`,
        request,
        details,
      )
    case status === 403:
      return new ForbiddenError(`${message}. ${ruleFor(request)}`, request, details)
    case status === 409:
    case status === 422 && said.includes('metadata.uid'):
      return new ConflictError(message, request, details)
    case status === 404 && kubernetesStatus?.details.kind === 'namespaces':
      return new NamespaceNotFoundError(`${message}. Create the namespace, or give another one.`, request, details)
    case status === 404 && kubernetesStatus !== undefined:
      return new ConflictError(message, request, details)
    case status === 404:
      return new TransientApiError(`${message}. Is this the address of a Kubernetes API server?`, request, details)
    case status === 408 || status === 429 || status >= 500 || status < 400:
      return new TransientApiError(message, request, {
        ...details,
        retryAfter: retryAfter(headers, kubernetesStatus?.details.retryAfterSeconds),
      })
    default:
      return new InvalidRequestError(message, request, details)
  }
}

/** The error for a request without an answer: no connection, no answer in time, an answer that can't be read. */
export function errorForFailure(request: ApiRequest, error: unknown): ElectionError {
  if (error instanceof ElectionError) return error
  const unanswered = error instanceof NoAnswerError && { waited: error.waited }
  return new TransientApiError(`${describe(request)}: ${messageOf(error)}`, request, { cause: error, ...unanswered })
}

/** Whether the answer says that the Lease, rather than the path or its namespace, does not exist. */
export function isNotFound({ status, body }: FailedAnswer): boolean {
  const kubernetesStatus = parseStatus(body)
  return status === 404 && kubernetesStatus !== undefined && kubernetesStatus.details.kind !== 'namespaces'
}

export function describe({ verb, namespace, name }: ApiRequest): string {
  return `${verb} lease ${namespace}/${name}`
}

interface KubernetesStatus {
  readonly message?: string | undefined
  readonly details: { readonly kind?: string | undefined; readonly retryAfterSeconds?: number | undefined }
}

/** Characters of a message that are passed on: a real one is a few hundred. */
const LONGEST_MESSAGE = 1_000

/**
 * A `Status` object, from the text or the parsed body of an answer; what is not of the type that it should have counts as
 * absent.
 */
export function parseStatus(body: unknown): KubernetesStatus | undefined {
  const { kind, message, details } = fields(typeof body === 'string' ? parseJson(body) : body)
  if (kind !== 'Status') return undefined
  const { kind: about, retryAfterSeconds } = fields(details)
  return {
    message: typeof message === 'string' ? message.slice(0, LONGEST_MESSAGE) : undefined,
    details: {
      kind: typeof about === 'string' ? about : undefined,
      retryAfterSeconds: typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined,
    },
  }
}

/** undefined for what is no JSON: plain text or a page, as from a proxy or from priority and fairness. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** RBAC can't limit `create` by name: the name is not known when it is authorized. */
function ruleFor({ verb, name, namespace }: ApiRequest): string {
  const names = verb === 'create' ? '' : `, resourceNames: ["${name}"]`
  return (
    `Add to a Role in the namespace ${namespace}, bound to the service account: ` +
    `{ apiGroups: ["coordination.k8s.io"], resources: ["leases"]${names}, verbs: ["${verb}"] }`
  )
}

/** Milliseconds, from the header (seconds; a date is ignored) or from the Status. */
function retryAfter(headers: Readonly<Record<string, string>>, seconds: number | undefined): number {
  const header = headers['retry-after']
  const fromHeader = header === undefined ? Number.NaN : Number(header)
  const wait = (Number.isNaN(fromHeader) ? (seconds ?? 0) : fromHeader) * 1000
  return Number.isFinite(wait) && wait > 0 ? wait : 0
}
