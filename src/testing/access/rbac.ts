/** Who may do what: Roles and RoleBindings as in a manifest. Without any, everybody may do everything. */

import { readManifests } from '../http/json.ts'
import { ADMIN } from './identities.ts'

/** What a request wants to do. */
export interface Attributes {
  readonly verb: string
  /** Empty for the core group. */
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

export interface Decision {
  readonly isAllowed: boolean
  /** What the refusal says beside the usual. */
  readonly reason?: string
}

/** What the authorizer knows while its caches fill after a start: nothing; then the bindings, but not their roles. */
interface Filling {
  readonly knowsBindingsAt: number
  readonly endsAt: number
}

const ROLES = ['Role', 'ClusterRole']
const BINDINGS = ['RoleBinding', 'ClusterRoleBinding']

/** The rights of a server's users. */
export class Rbac {
  readonly #roles: Manifest[] = []
  readonly #bindings: Manifest[] = []
  readonly #defaultNamespace: string
  #isEnforced = false
  #filling: Filling | undefined

  /** @internal */
  constructor(defaultNamespace: string) {
    this.#defaultNamespace = defaultNamespace
  }

  /**
   * Adds the Roles, ClusterRoles and their bindings of a manifest in YAML, also in a List; other kinds are passed over. From the
   * first one on, everything that is not granted is forbidden, but for the administrator.
   */
  apply(yaml: string): void {
    const manifests = readManifests(yaml) as (Manifest & { readonly items?: readonly Manifest[] })[]
    for (const manifest of manifests.flatMap((each) => (each.kind === 'List' ? (each.items ?? []) : [each]))) {
      if (ROLES.includes(manifest.kind ?? '')) this.#roles.push(manifest)
      else if (BINDINGS.includes(manifest.kind ?? '')) this.#bindings.push(manifest)
      else continue
      this.#isEnforced = true
    }
  }

  /**
   * @internal
   * For this many milliseconds everybody but the administrator is refused, as by a server that has just started: in the
   * usual words for the first half, then because the roles of the user's bindings are not found.
   */
  forget(milliseconds: number): void {
    const now = performance.now()
    this.#filling = { knowsBindingsAt: now + milliseconds / 2, endsAt: now + milliseconds }
  }

  /** @internal As `allows`, with the reason of a refusal. */
  decide(user: string, attributes: Attributes): Decision {
    const filling = this.#filling
    if (!filling || user === ADMIN) return { isAllowed: this.allows(user, attributes) }
    const now = performance.now()
    if (now >= filling.endsAt) {
      this.#filling = undefined
      return { isAllowed: this.allows(user, attributes) }
    }
    const missing = now < filling.knowsBindingsAt ? [] : this.#rolesOf(user, attributes.namespace).map(notYetFound)
    if (missing.length === 0) return { isAllowed: false }
    return { isAllowed: false, reason: `RBAC: ${missing.length === 1 ? missing[0] : `[${missing.join(', ')}]`}` }
  }

  /** `user` as the API server names it: `system:serviceaccount:NAMESPACE:NAME`, or a plain name. */
  allows(user: string, attributes: Attributes): boolean {
    if (!this.#isEnforced || user === ADMIN) return true
    return this.#bindingsOf(user, attributes.namespace)
      .flatMap((binding) => this.#rulesOf(binding))
      .some((rule) => grants(rule, attributes))
  }

  #bindingsOf(user: string, namespace: string | undefined): readonly Manifest[] {
    return this.#bindings.filter((binding) => this.#bindsUser(binding, user) && this.#reaches(binding, namespace))
  }

  #rolesOf(user: string, namespace: string | undefined): readonly RoleRef[] {
    return this.#bindingsOf(user, namespace).flatMap(({ roleRef }) => roleRef ?? [])
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

function notYetFound({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`
}

function grants({ apiGroups = [], resources = [], verbs = [], resourceNames }: Rule, wanted: Attributes): boolean {
  const includes = (granted: readonly string[], value: string) => granted.includes('*') || granted.includes(value)
  if (!includes(verbs, wanted.verb) || !includes(apiGroups, wanted.group) || !includes(resources, wanted.resource))
    return false
  if (!resourceNames?.length) return true
  // The name of what is to be created is not known when it is authorized.
  return wanted.verb !== 'create' && wanted.name !== undefined && resourceNames.includes(wanted.name)
}
