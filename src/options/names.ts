/** Names that Kubernetes takes. */
import { ConfigurationError } from '../errors.ts'
import { wrong } from './validation.ts'

export function leaseName(value: unknown): string {
  if (value === undefined) {
    throw new ConfigurationError(
      'no lease name: give one as the option `leaseName`, or set LEASE_NAME in the environment.',
    )
  }
  if (typeof value !== 'string' || value.length > 253 || !DNS_SUBDOMAIN.test(value)) {
    throw wrong('leaseName', value, 'a DNS subdomain: lower-case letters, digits, "-" and ".", at most 253 characters')
  }
  return value
}

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export function namespace(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value.length > 63 || !DNS_SUBDOMAIN.test(value) || value.includes('.')) {
    throw wrong('namespace', value, 'a DNS label: lower-case letters, digits and "-", at most 63 characters')
  }
  return value
}

export function labels(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return undefined
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMap || Object.values(value).some((each) => typeof each !== 'string')) {
    throw wrong('labels', value, 'an object of strings, such as { app: "my-app" }')
  }
  for (const [key, each] of Object.entries(value)) {
    const [name, prefix, ...more] = key.split('/').reverse() as [string, ...string[]]
    const isPrefix = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix))
    if (!LABEL.test(name) || !isPrefix || more.length > 0) {
      throw wrong(`the key of a label`, key, `${LABEL_RULE}, with a DNS subdomain and "/" before it or not`)
    }
    if (each !== '' && !LABEL.test(each)) throw wrong(`labels[${JSON.stringify(key)}]`, each, `${LABEL_RULE}, or ""`)
  }
  return { ...(value as Record<string, string>) }
}

const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const LABEL_RULE = '1 to 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit'
