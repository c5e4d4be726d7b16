/** What the API server demands of any object's metadata before it stores it. */

import { type FieldError, required, wrong } from '../status.ts'
import type { Fields } from './fields.ts'

type Owner = Readonly<Record<'apiVersion' | 'kind' | 'name' | 'uid', string | undefined>> & {
  readonly controller?: boolean
}

const OWNERS = 'metadata.ownerReferences'

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

const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const EXAMPLE = "(e.g. 'example.com/MyName')"

/** `isLabel`: names of namespaces are DNS labels, those of other objects DNS subdomains. */
export function validateName({ name, generateName }: Fields, { isLabel }: { isLabel: boolean }): FieldError[] {
  const problemsOf = isLabel ? labelProblems : subdomainProblems
  const prefix = typeof generateName === 'string' ? generateName : ''
  // A dash at its end will have something after it.
  const masked = prefix.length > 1 ? prefix.replace(/-$/, 'a') : prefix
  return [
    ...(prefix ? problemsOf(masked).map((problem) => wrong('metadata.generateName', prefix, problem)) : []),
    ...(typeof name === 'string' && name !== ''
      ? problemsOf(name).map((problem) => wrong('metadata.name', name, problem))
      : [required('metadata.name', 'name or generateName is required')]),
  ]
}

/** Beside the name. */
export function validateMetadata(metadata: Fields): FieldError[] {
  return [
    ...labelErrors((metadata.labels ?? {}) as Record<string, string>),
    ...annotationErrors((metadata.annotations ?? {}) as Record<string, string>),
    ...ownerErrors((metadata.ownerReferences ?? []) as Owner[]),
    ...finalizerErrors((metadata.finalizers ?? []) as string[]),
  ]
}

const tooLong = (most: number) => `must be no more than ${most} characters`

function subdomainProblems(name: string): string[] {
  return [...(name.length > 253 ? [tooLong(253)] : []), ...(DNS_SUBDOMAIN.test(name) ? [] : [SUBDOMAIN_RULE])]
}

/** What keeps it from being a DNS label. */
export function labelProblems(name: string): string[] {
  return [...(name.length > 63 ? [tooLong(63)] : []), ...(DNS_LABEL.test(name) ? [] : [LABEL_RULE])]
}

function labelErrors(labels: Record<string, string>): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyErrors('metadata.labels', key),
    ...(value.length > 63 ? [wrong('metadata.labels', value, tooLong(63))] : []),
    ...(value === '' || QUALIFIED_NAME.test(value) ? [] : [wrong('metadata.labels', value, VALUE_RULE)]),
  ])
}

function annotationErrors(annotations: Record<string, string>): FieldError[] {
  const size = Object.entries(annotations).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0)
  const message = `Too long: may not be more than ${LARGEST_ANNOTATIONS} bytes`
  return [
    ...Object.keys(annotations).flatMap((key) => keyErrors('metadata.annotations', key, key.toLowerCase())),
    ...(size > LARGEST_ANNOTATIONS
      ? [{ field: 'metadata.annotations', reason: 'FieldValueTooLong' as const, message }]
      : []),
  ]
}

/** An optional DNS subdomain and `/`, and a name of at most 63 characters. */
export function isQualifiedName(key: string): boolean {
  return qualifiedNameProblems(key).length === 0
}

function qualifiedNameProblems(key: string): string[] {
  const parts = key.split('/')
  if (parts.length > 2)
    return [`a qualified name ${NAME_RULE} with an optional DNS subdomain prefix and '/' ${EXAMPLE}`]
  const name = parts.at(-1)!
  const prefix = parts.length === 2 ? parts[0]! : undefined
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix ? subdomainProblems(prefix).map((problem) => `prefix part ${problem}`) : []),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? [`name part ${tooLong(63)}`] : []),
    ...(QUALIFIED_NAME.test(name) ? [] : [`name part ${NAME_RULE}`]),
  ]
}

function keyErrors(field: string, key: string, checked = key): FieldError[] {
  return qualifiedNameProblems(checked).map((problem) => wrong(field, key, problem))
}

function ownerErrors(owners: readonly Owner[]): FieldError[] {
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const owner of owners) {
    const { apiVersion = '', kind = '', name = '' } = owner
    if (apiVersion === '') errors.push(wrong(`${OWNERS}.apiVersion`, '', 'version must not be empty'))
    for (const field of ['kind', 'name', 'uid'] as const) {
      if (!owner[field]) errors.push(wrong(`${OWNERS}.${field}`, owner[field] ?? '', 'must not be empty'))
    }
    if (apiVersion === 'v1' && kind === 'Event') {
      errors.push(wrong(OWNERS, owner, '/v1, Kind=Event is disallowed from being an owner'))
    }
    if (!owner.controller) continue
    const found = `${kind}/${name}`
    if (controller !== undefined) {
      const problem = `Found "true" in references for ${controller} and ${found}`
      errors.push(wrong(OWNERS, owners, `Only one reference can have Controller set to true. ${problem}`))
    } else controller = found
  }
  return errors
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  return finalizers.flatMap((finalizer) => keyErrors('metadata.finalizers', finalizer))
}
