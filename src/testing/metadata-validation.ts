/** What the API server demands of any object's metadata before it stores it. */
import type { Fields } from './fields.ts'
import { type FieldError, required, wrong } from './status.ts'

type Owner = Readonly<Record<'apiVersion' | 'kind' | 'name' | 'uid', string | undefined>>

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const LARGEST_ANNOTATIONS = 256 * 1024

const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
  "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
  "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

/** `isLabel`: names of namespaces are DNS labels, those of other objects DNS subdomains. */
export function validateMetadata(metadata: Fields, { isLabel }: { isLabel: boolean }): FieldError[] {
  return [
    ...nameErrors(metadata.name, isLabel),
    ...labelErrors((metadata.labels ?? {}) as Record<string, string>),
    ...annotationErrors((metadata.annotations ?? {}) as Record<string, string>),
    ...ownerErrors((metadata.ownerReferences ?? []) as Owner[]),
    ...finalizerErrors((metadata.finalizers ?? []) as string[]),
  ]
}

function nameErrors(name: unknown, isLabel: boolean): FieldError[] {
  if (typeof name !== 'string' || name === '') return [required('metadata.name', 'name or generateName is required')]
  const [pattern, rule, longest] = isLabel ? [DNS_LABEL, LABEL_RULE, 63] : [DNS_SUBDOMAIN, SUBDOMAIN_RULE, 253]
  if (name.length > longest) return [wrong('metadata.name', name, `must be no more than ${longest} characters`)]
  return pattern.test(name) ? [] : [wrong('metadata.name', name, rule)]
}

function labelErrors(labels: Record<string, string>): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyErrors('metadata.labels', key),
    ...(value === '' || (value.length <= 63 && QUALIFIED_NAME.test(value))
      ? []
      : [wrong('metadata.labels', value, value.length > 63 ? 'must be no more than 63 characters' : VALUE_RULE)]),
  ])
}

function annotationErrors(annotations: Record<string, string>): FieldError[] {
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  return [
    ...Object.keys(annotations).flatMap((key) => keyErrors('metadata.annotations', key.toLowerCase())),
    ...(size > LARGEST_ANNOTATIONS
      ? [
          {
            field: 'metadata.annotations',
            reason: 'FieldValueTooLong' as const,
            message: `Too long: may not be more than ${LARGEST_ANNOTATIONS} bytes`,
          },
        ]
      : []),
  ]
}

/** An optional DNS subdomain and `/`, and a name of at most 63 characters. */
export function isQualifiedName(key: string): boolean {
  const parts = key.split('/')
  const name = parts.at(-1)!
  const prefix = parts.length === 2 ? parts[0]! : undefined
  const hasGoodPrefix = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix))
  return parts.length <= 2 && hasGoodPrefix && name.length <= 63 && QUALIFIED_NAME.test(name)
}

function keyErrors(field: string, key: string): FieldError[] {
  if (isQualifiedName(key)) return []
  const rule =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  return [wrong(field, key, rule)]
}

function ownerErrors(owners: readonly Owner[]): FieldError[] {
  return owners.flatMap((owner, index) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((field) => !owner[field])
      .map((field) => {
        const message = field === 'apiVersion' ? 'version must not be empty' : `must not be empty`
        return wrong(`metadata.ownerReferences[${index}].${field}`, owner[field] ?? '', message)
      }),
  )
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  return finalizers
    .filter((finalizer) => !isQualifiedName(finalizer))
    .map((finalizer) =>
      wrong('metadata.finalizers', finalizer, 'name is neither a standard finalizer name nor qualified'),
    )
}
