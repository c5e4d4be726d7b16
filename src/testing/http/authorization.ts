/** Whether whoever sends a request may do what it asks for. */
import type { Authorizer } from '../access/admission.ts'
import { named } from '../objects/resources.ts'
import { forbidden, type StatusError } from '../status.ts'
import type { Backend } from './backend.ts'
import type { Call } from './call.ts'

/** The refusal of this request, in the words of a real server. */
export function forbiddenTo({ identities }: Backend, { route, recorded }: Call, reason?: string): StatusError {
  const { verb, resource, namespace } = route
  return forbidden(named(resource, recorded.name), identities.userOf(recorded.identity), verb, namespace, reason)
}

/** @throws StatusError 403 */
export function authorize(backend: Backend, call: Call): void {
  const { route, recorded } = call
  const { verb, resource, namespace } = route
  const user = backend.identities.userOf(recorded.identity)
  const attributes = { verb, group: resource.group, resource: resource.resource, namespace, name: recorded.name }
  const decision = backend.rbac.decide(user, attributes)
  if (!decision.isAllowed) throw forbiddenTo(backend, call, decision.reason)
}

/** For admission, which asks whether he who sends it may do something else besides. */
export function authorizerFor({ rbac, identities }: Backend, { route, recorded }: Call): Authorizer {
  const user = identities.userOf(recorded.identity)
  const { group, resource } = route.resource
  return (verb, name) => rbac.decide(user, { verb, group, resource, namespace: route.namespace, name })
}
