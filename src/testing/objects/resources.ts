/** Which resources the server has, and how each is named, scoped and validated. */

import type { FieldError, Named } from '../status.ts'
import type { Fields } from './fields.ts'
import { validateLease } from './lease-validation.ts'
import {
  EVENT_FIELDS,
  type FieldSchemas,
  LEASE_CANDIDATE_FIELDS,
  LEASE_FIELDS,
  PLAIN_FIELDS,
} from './object-schemas.ts'
import { validateRole, validateRoleBinding } from './rbac-validation.ts'
import { printLease, printPlain, type TablePrinter } from './tables.ts'
import {
  DEPLOYMENT_FIELDS,
  ROLE_BINDING_FIELDS,
  ROLE_FIELDS,
  SERVICE_ACCOUNT_FIELDS,
  SERVICE_FIELDS,
} from './workload-schemas.ts'
import { validateDeployment, validateService } from './workload-validation.ts'

/** Alpha and beta features, by the names that `--feature-gates` takes. */
export interface FeatureGates {
  /** LeaseCandidates, and `strategy` and `preferredHolder` of Leases. Default false, as in a real one. */
  readonly CoordinatedLeaderElection?: boolean
}

export interface Resource {
  readonly group: string
  readonly version: string
  /** Plural, as in paths. */
  readonly resource: string
  readonly singular: string
  readonly kind: string
  readonly isNamespaced: boolean
  readonly shortNames: readonly string[]
  /** Beside apiVersion, kind and metadata. */
  readonly fields: FieldSchemas
  /** Of the fields, those that Go always writes, empty or not. */
  readonly structs?: readonly string[]
  /** What is wrong with the values of those fields. */
  readonly validate: (object: Fields) => FieldError[]
  /** Fields of `fieldSelector` besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[]
  readonly print: TablePrinter
  /** The feature without which it is not served. */
  readonly gate?: keyof FeatureGates
  /** Its deletion is only the beginning of its end. */
  readonly endsGradually?: boolean
}

const plain = {
  isNamespaced: true,
  shortNames: [],
  fields: PLAIN_FIELDS,
  validate: () => [],
  selectableFields: [],
  print: printPlain,
}

export const LEASES: Resource = {
  ...plain,
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  singular: 'lease',
  kind: 'Lease',
  fields: LEASE_FIELDS,
  structs: ['spec'],
  validate: validateLease,
  print: printLease,
}
export const NAMESPACES: Resource = {
  ...plain,
  group: '',
  version: 'v1',
  resource: 'namespaces',
  singular: 'namespace',
  kind: 'Namespace',
  isNamespaced: false,
  endsGradually: true,
  shortNames: ['ns'],
}
export const PODS: Resource = {
  ...plain,
  group: '',
  version: 'v1',
  resource: 'pods',
  singular: 'pod',
  kind: 'Pod',
  shortNames: ['po'],
  selectableFields: ['spec.nodeName', 'status.phase'],
}
const EVENTS: Resource = {
  ...plain,
  group: '',
  version: 'v1',
  resource: 'events',
  singular: 'event',
  kind: 'Event',
  fields: EVENT_FIELDS,
  shortNames: ['ev'],
  selectableFields: ['involvedObject.name', 'involvedObject.kind', 'reason', 'type'],
}
/** Plain storage: nothing here decides by them. */
const LEASE_CANDIDATES: Resource = {
  ...plain,
  group: 'coordination.k8s.io',
  version: 'v1beta1',
  resource: 'leasecandidates',
  singular: 'leasecandidate',
  kind: 'LeaseCandidate',
  fields: LEASE_CANDIDATE_FIELDS,
  structs: ['spec'],
  gate: 'CoordinatedLeaderElection',
}

/** What an application is deployed with, so that its manifests can be applied. Plain storage: nothing is run by them. */
const WORKLOADS: readonly Resource[] = [
  {
    ...plain,
    group: '',
    version: 'v1',
    resource: 'serviceaccounts',
    singular: 'serviceaccount',
    kind: 'ServiceAccount',
    fields: SERVICE_ACCOUNT_FIELDS,
    shortNames: ['sa'],
  },
  {
    ...plain,
    group: '',
    version: 'v1',
    resource: 'services',
    singular: 'service',
    kind: 'Service',
    fields: SERVICE_FIELDS,
    structs: ['spec', 'status'],
    validate: validateService,
    shortNames: ['svc'],
  },
  {
    ...plain,
    group: 'apps',
    version: 'v1',
    resource: 'deployments',
    singular: 'deployment',
    kind: 'Deployment',
    fields: DEPLOYMENT_FIELDS,
    structs: ['spec', 'status'],
    validate: validateDeployment,
    shortNames: ['deploy'],
  },
  {
    ...plain,
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    resource: 'roles',
    singular: 'role',
    kind: 'Role',
    fields: ROLE_FIELDS,
    validate: validateRole,
  },
  {
    ...plain,
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    resource: 'rolebindings',
    singular: 'rolebinding',
    kind: 'RoleBinding',
    fields: ROLE_BINDING_FIELDS,
    structs: ['roleRef'],
    validate: validateRoleBinding,
  },
]

export const RESOURCES: readonly Resource[] = [LEASES, LEASE_CANDIDATES, NAMESPACES, PODS, EVENTS, ...WORKLOADS]

/** Those that are served with these features. */
export function servedWith(gates: FeatureGates): readonly Resource[] {
  return RESOURCES.filter(({ gate }) => gate === undefined || gates[gate])
}

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

export function ofVersion(resources: readonly Resource[], { group, version }: GroupVersion): readonly Resource[] {
  return resources.filter((each) => each.group === group && each.version === version)
}

export function apiVersionOf({ group, version }: GroupVersion): string {
  return group ? `${group}/${version}` : version
}

/** How messages name an object of this resource. */
export function named({ group, resource }: Resource, name?: string): Named & { name: string } {
  return { group, resource, name: name ?? '' }
}
