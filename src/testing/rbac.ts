/** Who may do what: Roles and RoleBindings as in a manifest. Without any, everybody may do everything. */
import { loadAllYaml } from '@kubernetes/client-node'
import { ADMIN } from './identities.ts'

/** What a request wants to do. */
export interface Attributes {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

interface Rule {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly verbs?: readonly string[]
  readonly resourceNames?: readonly string[]
}

interface RoleRef {
  readonly kind: string
  readonly name: string
}

interface Manifest {
  readonly kind?: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
  readonly roleRef?: RoleRef
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[]
}

const ROLES = ['Role', 'ClusterRole']
const BINDINGS = ['RoleBinding', 'ClusterRoleBinding']

export class Rbac {
  readonly #roles: Manifest[] = []
  readonly #bindings: Manifest[] = []
  readonly #defaultNamespace: string
  #isEnforced = false

  constructor(defaultNamespace: string) {
    this.#defaultNamespace = defaultNamespace
  }

  /**
   * Adds the Roles, ClusterRoles and their bindings of a manifest in YAML; other kinds in it are passed over. From the
   * first one on, everything that is not granted is forbidden, but for the administrator.
   */
  apply(yaml: string): void {
    for (const manifest of loadAllYaml(yaml) as (Manifest | null)[]) {
      if (ROLES.includes(manifest?.kind ?? '')) this.#roles.push(manifest!)
      else if (BINDINGS.includes(manifest?.kind ?? '')) this.#bindings.push(manifest!)
      else continue
      this.#isEnforced = true
    }
  }

  /** `user` as the API server names it: `system:serviceaccount:NAMESPACE:NAME`, or a plain name. */
  allows(user: string, attributes: Attributes): boolean {
    if (!this.#isEnforced || user === ADMIN) return true
    return this.#bindings
      .filter((binding) => this.#bindsUser(binding, user) && this.#reaches(binding, attributes.namespace))
      .flatMap((binding) => this.#rulesOf(binding))
      .some((rule) => grants(rule, attributes))
  }

  #bindsUser({ subjects = [], metadata }: Manifest, user: string): boolean {
    return subjects.some(({ kind, name, namespace = metadata?.namespace ?? this.#defaultNamespace }) =>
      kind === 'ServiceAccount' ? user === `system:serviceaccount:${namespace}:${name}` : user === name,
    )
  }

  #reaches({ kind, metadata }: Manifest, namespace: string | undefined): boolean {
    return kind === 'ClusterRoleBinding' || (metadata?.namespace ?? this.#defaultNamespace) === namespace
  }

  #rulesOf({ roleRef, metadata }: Manifest): readonly Rule[] {
    const namespace = metadata?.namespace ?? this.#defaultNamespace
    const role = this.#roles.find(
      (each) =>
        each.kind === roleRef?.kind &&
        each.metadata?.name === roleRef?.name &&
        (each.kind === 'ClusterRole' || (each.metadata?.namespace ?? this.#defaultNamespace) === namespace),
    )
    return role?.rules ?? []
  }
}

function grants({ apiGroups = [], resources = [], verbs = [], resourceNames }: Rule, wanted: Attributes): boolean {
  const includes = (granted: readonly string[], value: string) => granted.includes('*') || granted.includes(value)
  if (!includes(verbs, wanted.verb) || !includes(apiGroups, wanted.group) || !includes(resources, wanted.resource))
    return false
  if (!resourceNames?.length) return true
  // The name of what is to be created is not known when it is authorized.
  return wanted.verb !== 'create' && wanted.name !== undefined && resourceNames.includes(wanted.name)
}
