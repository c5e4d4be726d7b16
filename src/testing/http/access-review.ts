/** Reviews, which answer questions and store nothing: may I, and who am I? */
import { timestamp } from '../storage/store.ts'
import type { Backend } from './backend.ts'

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

/** What is created to ask, by the path it is posted to. */
export interface Review {
  readonly group: string
  readonly version: string
  /** Plural, as in paths. */
  readonly resource: string
  readonly kind: string
  /** The answer to one that was posted. */
  readonly answer: (backend: Backend, identity: string, body: unknown) => object
}

export const REVIEWS: readonly Review[] = [
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    answer: accessReview,
  },
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    resource: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    answer: subjectReview,
  },
]

/** The one that is asked for; undefined for other paths. */
export function reviewAt(pathname: string): Review | undefined {
  return REVIEWS.find(({ group, version, resource }) => pathname === `/apis/${group}/${version}/${resource}`)
}

function accessReview({ rbac, identities }: Backend, identity: string, body: unknown): object {
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

function subjectReview({ identities }: Backend, identity: string): object {
  const username = identities.userOf(identity)
  const [, ofAccounts, namespace] = /^system:(serviceaccount):([^:]+):/.exec(username) ?? []
  const groups = ofAccounts ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : []
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
    metadata: { creationTimestamp: timestamp() },
    status: { userInfo: { username, groups: [...groups, 'system:authenticated'] } },
  }
}
