/** What the API server demands of a Lease before it stores it. */
import { badRequest, type FieldError, invalid } from './status.ts'

type Fields = Readonly<Record<string, unknown>>

const GROUP = 'coordination.k8s.io'
const MICRO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2})$/
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const INT32 = 2 ** 31

/**
 * Decodes a Lease as strictly as the API server does: wrong types and time formats are 400, wrong values 422.
 *
 * @throws StatusError
 */
export function validateLease(lease: Fields): void {
  const metadata = fieldsOf(lease, 'metadata')
  const spec = fieldsOf(lease, 'spec')
  decodeStrings(metadata, ['name', 'generateName', 'namespace', 'uid', 'resourceVersion'], 'metadata')
  decodeStrings(spec, ['holderIdentity', 'strategy', 'preferredHolder'], 'spec')
  decodeMap(metadata, 'labels')
  decodeMap(metadata, 'annotations')
  decodeIntegers(spec, ['leaseDurationSeconds', 'leaseTransitions'])
  decodeMicroTimes(spec, ['acquireTime', 'renewTime'])
  const errors = [...metadataErrors(metadata), ...specErrors(spec)]
  if (errors.length > 0) {
    throw invalid({ group: GROUP, resource: 'leases', kind: 'Lease', name: String(metadata.name ?? '') }, errors)
  }
}

function metadataErrors(metadata: Fields): FieldError[] {
  const errors: FieldError[] = []
  const name = metadata.name
  if (typeof name !== 'string' || name === '')
    errors.push(required('metadata.name', 'name or generateName is required'))
  else if (name.length > 253 || !DNS_SUBDOMAIN.test(name)) {
    errors.push(
      wrong(
        'metadata.name',
        name,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
          "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
          "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ),
    )
  }
  const owners = metadata.ownerReferences ?? []
  if (!Array.isArray(owners)) throw undecodable('metadata.ownerReferences', 'expected a list')
  owners.forEach((owner: Fields, index) => {
    for (const field of ['apiVersion', 'kind', 'name', 'uid']) {
      if (!owner?.[field])
        errors.push(required(`metadata.ownerReferences[${index}].${field}`, `${field} must not be empty`))
    }
  })
  return errors
}

function specErrors(spec: Fields): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec
  const errors: FieldError[] = []
  if (typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0) {
    errors.push(wrong('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'))
  }
  if (typeof leaseTransitions === 'number' && leaseTransitions < 0) {
    errors.push(wrong('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'))
  }
  if (preferredHolder && !strategy) {
    errors.push(wrong('spec.preferredHolder', preferredHolder, 'may only be specified if strategy is defined'))
  }
  return errors
}

function decodeStrings(fields: Fields, names: readonly string[], parent: string): void {
  for (const name of names) {
    const value = fields[name]
    if (value !== undefined && value !== null && typeof value !== 'string') {
      throw undecodable(`${parent}.${name}`, 'expected a string')
    }
  }
}

function decodeMap(metadata: Fields, name: string): void {
  const value = metadata[name]
  if (value === undefined || value === null) return
  const isMap = typeof value === 'object' && !Array.isArray(value)
  if (!isMap || Object.values(value).some((each) => typeof each !== 'string')) {
    throw undecodable(`metadata.${name}`, 'expected a map of strings')
  }
}

function decodeIntegers(spec: Fields, names: readonly string[]): void {
  for (const name of names) {
    const value = spec[name]
    if (value === undefined || value === null) continue
    if (!Number.isInteger(value) || Math.abs(value as number) >= INT32) {
      throw undecodable(`spec.${name}`, 'expected a 32-bit integer')
    }
  }
}

function decodeMicroTimes(spec: Fields, names: readonly string[]): void {
  for (const name of names) {
    const value = spec[name]
    if (value === undefined || value === null) continue
    if (typeof value !== 'string' || !MICRO_TIME.test(value) || Number.isNaN(Date.parse(value))) {
      throw undecodable(
        `spec.${name}`,
        `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse`,
      )
    }
  }
}

function fieldsOf(object: Fields, name: string): Fields {
  const value = object[name] ?? {}
  if (typeof value !== 'object' || Array.isArray(value)) throw undecodable(name, 'expected an object')
  return value as Fields
}

function undecodable(field: string, problem: string) {
  return badRequest(`Lease in version "v1" cannot be handled as a Lease: ${field}: ${problem}`)
}

function required(field: string, problem: string): FieldError {
  return { field, reason: 'FieldValueRequired', message: `Required value: ${problem}` }
}

function wrong(field: string, value: unknown, problem: string): FieldError {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${problem}` }
}
