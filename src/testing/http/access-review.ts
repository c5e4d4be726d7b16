/** SelfSubjectAccessReview: may I? */
import type { Backend } from './backend.ts'

export const ACCESS_REVIEW = 'SelfSubjectAccessReview'
export const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

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

/** The answer to one that was posted. */
export function review({ rbac, identities }: Backend, identity: string, body: unknown): object {
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
