/** What the API server demands of Roles and their bindings before it stores them. */
import { type FieldError, required, unsupportedValue, wrong } from '../status.ts'
import type { Fields } from './fields.ts'

const GROUP = 'rbac.authorization.k8s.io'

type Rule = Readonly<Record<'verbs' | 'apiGroups' | 'resources' | 'nonResourceURLs', readonly string[] | undefined>>
type Reference = Readonly<Record<'apiGroup' | 'kind' | 'name', string | undefined>>

export function validateRole({ rules = [] }: Fields): FieldError[] {
  return (rules as Rule[]).flatMap(({ verbs = [], apiGroups = [], resources = [], nonResourceURLs = [] }, index) => {
    const path = `rules[${index}]`
    const urls = 'namespaced rules cannot apply to non-resource URLs'
    return [
      ...(verbs.length === 0 ? [required(`${path}.verbs`, 'verbs must contain at least one value')] : []),
      ...(nonResourceURLs.length > 0 ? [wrong(`${path}.nonResourceURLs`, nonResourceURLs, urls)] : []),
      ...(apiGroups.length === 0
        ? [required(`${path}.apiGroups`, 'resource rules must supply at least one api group')]
        : []),
      ...(resources.length === 0
        ? [required(`${path}.resources`, 'resource rules must supply at least one resource')]
        : []),
    ]
  })
}

export function validateRoleBinding({ roleRef, subjects = [] }: Fields): FieldError[] {
  const { apiGroup = GROUP, kind = '', name } = (roleRef ?? {}) as Reference
  return [
    ...(apiGroup === GROUP ? [] : [unsupportedValue('roleRef.apiGroup', apiGroup, [GROUP])]),
    ...(['Role', 'ClusterRole'].includes(kind)
      ? []
      : [unsupportedValue('roleRef.kind', kind, ['Role', 'ClusterRole'])]),
    ...(name ? [] : [required('roleRef.name')]),
    ...(subjects as Reference[]).flatMap((subject, index) => subjectErrors(subject, `subjects[${index}]`)),
  ]
}

/** A service account is in the core group; users and groups are in none unless it is said. */
function subjectErrors({ kind = '', name, apiGroup }: Reference, path: string): FieldError[] {
  const kinds = ['ServiceAccount', 'User', 'Group']
  const group = kind === 'ServiceAccount' ? '' : GROUP
  return [
    ...(name ? [] : [required(`${path}.name`)]),
    ...(kinds.includes(kind) ? [] : [unsupportedValue(`${path}.kind`, kind, kinds)]),
    ...(apiGroup === undefined || apiGroup === group ? [] : [unsupportedValue(`${path}.apiGroup`, apiGroup, [group])]),
  ]
}
