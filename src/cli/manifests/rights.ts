/** The rights of an election and no others: ServiceAccount, Role and RoleBinding. */
import type { Manifest } from './manifest.ts'
import type { Plan } from './plan.ts'

const RBAC = 'rbac.authorization.k8s.io'
const LEASES = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }

export function rightsOf(plan: Plan): readonly Manifest[] {
  const { name, namespace, leaseName, isForLife, podLabel } = plan
  const metadata = { name, ...(namespace && { namespace }) }
  const rules = [
    {
      ...LEASES,
      resourceNames: [leaseName],
      verbs: ['get', 'patch', 'watch', ...(isForLife ? ['delete'] : [])],
    },
    { ...LEASES, verbs: ['create'] },
    ...(podLabel ? [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'patch'] }] : []),
  ]
  return [
    { comment: [], object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } },
    {
      comment: commentOn(plan),
      object: { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules },
    },
    {
      comment: [],
      object: {
        apiVersion: `${RBAC}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: RBAC, kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, ...(namespace && { namespace }) }],
      },
    },
  ]
}

function commentOn({ isForLife, podLabel }: Plan): readonly string[] {
  return [
    'The least that the election needs: get and patch to read, claim, renew and give back the Lease, create where there ' +
      "is none (which RBAC can't limit by name), watch to hear of a change at once (without it followers poll).",
    isForLife
      ? 'delete: a leader for life deletes its Lease when it stops.'
      : 'No delete: it is needed for life only, and where OwnerReferencesPermissionEnforcement is on, as on OpenShift, ' +
        'for the Lease to be owned by its pod. There the election does without an owner, and says so.',
    ...(podLabel
      ? [
          'pods: for the label of the leader. Pods of a Deployment have no names beforehand, so patch means every pod of ' +
            'the namespace: whoever gets at this service account can change their images and labels.',
        ]
      : []),
  ]
}
