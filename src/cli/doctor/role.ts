/** The Role and RoleBinding that an election needs, as a manifest. */
import type { Patient } from './finding.ts'

/** Of RBAC, on Leases. */
export type Verb = 'create' | 'get' | 'patch' | 'watch' | 'delete' | 'list'

/** The name of what is created is not known when that is authorized; a list is of all. */
export const isNamed = (verb: Verb) => verb !== 'create' && verb !== 'list'

export function rule(verb: Verb, { settings }: Patient): string {
  const names = isNamed(verb) ? `, resourceNames: [${settings.leaseName}]` : ''
  return `{ apiGroups: [coordination.k8s.io], resources: [leases]${names}, verbs: [${verb}] }`
}

export function roleFor({ namespace, settings }: Patient, verbs: readonly Verb[], user: string | undefined): string {
  const metadata = `metadata: { name: ${settings.leaseName}-leader-election, namespace: ${namespace} }`
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
${metadata}
rules:
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: [${settings.leaseName}]
    verbs: [${verbs.filter(isNamed).join(', ')}]
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    verbs: [create] # can't be limited by name
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
${metadata}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${settings.leaseName}-leader-election }
subjects:
  - ${subjectOf(user, namespace)}`
}

function subjectOf(user: string | undefined, namespace: string): string {
  const [, accountNamespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user ?? '') ?? []
  if (account) return `{ kind: ServiceAccount, name: ${account}, namespace: ${accountNamespace} }`
  if (user !== undefined) return `{ apiGroup: rbac.authorization.k8s.io, kind: User, name: ${JSON.stringify(user)} }`
  return `{ kind: ServiceAccount, name: default, namespace: ${namespace} } # put in the name of the one that asks`
}
