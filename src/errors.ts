import type { LossReason } from './lease/tenure.ts'

/** Everything the election throws or rejects with. `cause` keeps the error it came from. */
export class ElectionError extends Error {
  /** Of the class: it stays the same where code is minified. */
  override readonly name: string = 'ElectionError'
}

/** An option, an environment variable or a kubeconfig is missing or wrong. Mend it: a retry can't help. */
export class ConfigurationError extends ElectionError {
  override readonly name: string = 'ConfigurationError'
}

/**
 * The kubeconfig can't be read, or names no API server. Once the candidate has stood it is retried: a file may be about
 * to be replaced, a function may be out of reach of what it asks.
 */
export class KubeConfigError extends ConfigurationError {
  override readonly name = 'KubeConfigError'
}

/** Another live process holds the Lease under this candidate's own identity. Give each process one of its own. */
export class DuplicateIdentityError extends ConfigurationError {
  override readonly name = 'DuplicateIdentityError'
}

/** The Lease belongs to another system (a node's heartbeat, a coordinated election). Choose another name. */
export class ForeignLeaseError extends ConfigurationError {
  override readonly name = 'ForeignLeaseError'
}

/** The leadership ended otherwise than by this candidate's own release. */
export class LeadershipLostError extends ElectionError {
  override readonly name = 'LeadershipLostError'
  /** Why: `describeLoss` puts it in words. */
  readonly reason: LossReason
  /** `cause` becomes the error that the reason carries, where it carries one. */
  constructor(message: string, reason: LossReason) {
    super(message, 'error' in reason ? { cause: reason.error } : undefined)
    this.reason = reason
  }
}

/** As many requests in a row failed as there are retry back-offs, and the option `endAfterRetries` is set. */
export class RetriesExhaustedError extends ElectionError {
  override readonly name = 'RetriesExhaustedError'
}

/** The election was stopped before it came to what was awaited. */
export class ElectionStoppedError extends ElectionError {
  override readonly name = 'ElectionStoppedError'
}

/**
 * For a promise of an election that may be stopped while it waits: resolves with undefined where it was, and rejects with
 * whatever else went wrong.
 *
 * `const leadership = await election.becomeLeaderForLife().catch(unlessStopped)`
 */
export function unlessStopped(error: unknown): undefined {
  if (error instanceof ElectionStoppedError) return undefined
  // As an AbortSignal's reason is by default.
  if (error instanceof DOMException && error.name === 'AbortError') return undefined
  throw error
}

/** What a request to the API server was: the verb is that of RBAC. */
export interface ApiRequest {
  /** What it was to do. */
  readonly verb: 'get' | 'create' | 'patch' | 'delete' | 'watch'
  /** Of the Lease; `*` for a watch of all in the namespace. */
  readonly name: string
  /** Empty where it was not known yet. */
  readonly namespace: string
}

/** A request to the API server failed. */
export class LeaseApiError extends ElectionError {
  override readonly name: string = 'LeaseApiError'
  /** The one that failed. */
  readonly request: ApiRequest
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined
  /** The message names the request and what is to be done. */
  constructor(message: string, request: ApiRequest, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.request = request
    this.status = options.status
  }
}

/** 409, or the object is gone: somebody else wrote first. Read, then decide anew. */
export class ConflictError extends LeaseApiError {
  override readonly name = 'ConflictError'
  /** The time that the claim or renewal would have written; undefined for other requests. */
  renewTime: string | undefined
}

/**
 * 403: RBAC, an admission plugin or a terminating namespace forbids the request. The message names the rule to add.
 * A restarting API server says it too, until its RBAC caches are filled: so it is retried, and final only at the start.
 */
export class ForbiddenError extends LeaseApiError {
  override readonly name: string = 'ForbiddenError'
}

/**
 * 403 of the admission plugin OwnerReferencesPermissionEnforcement: who may not `delete` the Lease may not give it an
 * owner. Leadership that is renewable does without; for life, add the verb.
 */
export class OwnerReferenceForbiddenError extends ForbiddenError {
  override readonly name = 'OwnerReferenceForbiddenError'
}

/** 404: the namespace does not exist (yet). Create it, or give another one. */
export class NamespaceNotFoundError extends LeaseApiError {
  override readonly name = 'NamespaceNotFoundError'
}

/** 401, and again with refreshed credentials. */
export class UnauthorizedError extends LeaseApiError {
  override readonly name = 'UnauthorizedError'
}

/** 400, 422 and the like: the server refuses the content of the request. A retry can't help. */
export class InvalidRequestError extends LeaseApiError {
  override readonly name = 'InvalidRequestError'
}

/** No answer in time, a broken connection, 429, 5xx, or an answer nobody understands: worth a retry. */
export class TransientApiError extends LeaseApiError {
  override readonly name = 'TransientApiError'
  /** Milliseconds that the server asked to wait at least, 0 where it did not ask. */
  readonly retryAfter: number
  /** Milliseconds for which an answer was awaited in vain; undefined where there was one, or the connection broke. */
  readonly waited: number | undefined
  /** `options` may leave out what is not known. */
  constructor(
    message: string,
    request: ApiRequest,
    options: { status?: number; cause?: unknown; retryAfter?: number; waited?: number } = {},
  ) {
    super(message, request, options)
    this.retryAfter = options.retryAfter ?? 0
    this.waited = options.waited
  }
}

/** Whether the server refuses who asks, or where: mostly the configuration is wrong, but a restarting server says it too. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof ForbiddenError || error instanceof UnauthorizedError || error instanceof NamespaceNotFoundError
  )
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // An AggregateError of a failed connection has an empty message; its code says what happened.
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name)
}
