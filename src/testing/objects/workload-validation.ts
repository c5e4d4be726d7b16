/** Of Deployments and Services, the mistakes that the API server finds and that a manifest is likely to have. */
import { duplicate, type FieldError, fieldForbidden, required, wrong } from '../status.ts'
import type { Fields } from './fields.ts'
import { labelProblems } from './metadata-validation.ts'

interface Container {
  readonly name?: string
  readonly image?: string
  readonly restartPolicy?: string
  readonly env?: readonly {
    readonly name?: string
    readonly value?: string
    readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath?: string } }
  }[]
  readonly [field: string]: unknown
}

interface DeploymentSpec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  readonly template?: {
    readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
    readonly spec?: { readonly containers?: readonly Container[]; readonly initContainers?: readonly Container[] }
  }
}

const POD = 'spec.template.spec'

export function validateDeployment({ spec }: Fields): FieldError[] {
  const { selector, template } = (spec ?? {}) as DeploymentSpec
  const { containers = [], initContainers = [] } = template?.spec ?? {}
  const taken = new Set<string>()
  return [
    ...selectorErrors(selector?.matchLabels, template?.metadata?.labels ?? {}, selector !== undefined),
    ...(containers.length === 0 ? [required(`${POD}.containers`)] : []),
    ...containers.flatMap((each, index) => containerErrors(each, `${POD}.containers[${index}]`, taken)),
    ...initContainers.flatMap((each, index) => {
      const path = `${POD}.initContainers[${index}]`
      return [...containerErrors(each, path, taken), ...initErrors(each, path)]
    }),
  ]
}

function selectorErrors(
  wanted: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>>,
  isGiven: boolean,
): FieldError[] {
  if (!isGiven) return [required('spec.selector')]
  if (Object.entries(wanted).every(([key, value]) => labels[key] === value)) return []
  return [wrong('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
}

function containerErrors({ name, image, env = [] }: Container, path: string, taken: Set<string>): FieldError[] {
  const errors = name
    ? labelProblems(name).map((problem) => wrong(`${path}.name`, name, problem))
    : [required(`${path}.name`)]
  if (name && taken.has(name)) errors.push(duplicate(`${path}.name`, name))
  if (name) taken.add(name)
  if (!image) errors.push(required(`${path}.image`))
  for (const [index, { name, value, valueFrom }] of env.entries()) {
    const variable = `${path}.env[${index}]`
    if (!name) errors.push(required(`${variable}.name`))
    if (valueFrom && value) {
      errors.push(wrong(`${variable}.valueFrom`, '', 'may not be specified when `value` is not empty'))
    }
    const fieldPath = valueFrom?.fieldRef?.fieldPath
    if (fieldPath !== undefined && !FIELD_PATH.test(fieldPath)) {
      const problem = `error converting fieldPath: field label not supported: ${fieldPath}`
      errors.push(wrong(`${variable}.valueFrom.fieldRef.fieldPath`, fieldPath, problem))
    }
  }
  return errors
}

/** What a container may be told of its pod. */
const FIELD_PATH =
  /^(metadata\.(name|namespace|uid)|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?)|metadata\.(labels|annotations)\['.+'\])$/

function initErrors(container: Container, path: string): FieldError[] {
  if (container.restartPolicy === 'Always') return []
  return ['livenessProbe', 'readinessProbe', 'startupProbe']
    .filter((probe) => container[probe] !== undefined)
    .map((probe) =>
      fieldForbidden(`${path}.${probe}`, 'may not be set for init containers without restartPolicy=Always'),
    )
}

export function validateService({ spec }: Fields): FieldError[] {
  const {
    ports = [],
    clusterIP,
    type,
  } = (spec ?? {}) as {
    readonly ports?: readonly { readonly port?: number }[]
    readonly clusterIP?: string
    readonly type?: string
  }
  const needsPorts = clusterIP !== 'None' && type !== 'ExternalName'
  return [
    ...(ports.length === 0 && needsPorts ? [required('spec.ports')] : []),
    ...ports.flatMap(({ port = 0 }, index) =>
      port < 1 || port > 65_535
        ? [wrong(`spec.ports[${index}].port`, port, 'must be between 1 and 65535, inclusive')]
        : [],
    ),
  ]
}
