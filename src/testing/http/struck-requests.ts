/** What becomes of a request that a fault strikes: an answer, or a broken connection, in place of the server's own. */
import type { FaultEffect } from '../faults.ts'
import { named } from '../objects/resources.ts'
import { injected, modified, notFound, type StatusBody, unauthorized } from '../status.ts'
import { forbiddenTo } from './authorization.ts'
import type { Backend } from './backend.ts'
import type { Call } from './call.ts'
import { answer, type HttpRequest, type HttpResponse } from './exchange.ts'

/** Whether a fault has answered, or cut the connection, in place of the server. */
export function strikesDown(
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
