/** Options, their defaults and why, and their validation: wrong ones are refused before anything is sent. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { inspect } from 'node:util'
import { ConfigurationError } from '../errors.ts'
import { LONGEST_DELAY } from '../lease/clock.ts'
import { readSurroundings, type Surroundings } from './pod.ts'

/** `metadata.ownerReferences` of the Lease: who, when gone, takes the Lease along (by the garbage collector). */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/**
 * `life`: leads until the pod dies; a loss is final. Needs a pod (POD_NAME and POD_UID, or `owner`).
 * `renewable`: stands again after a loss.
 */
export type Term = 'life' | 'renewable'

/** What the statechart takes as input. All durations are milliseconds. */
export interface ElectionInput {
  /** Name of the Lease, one per thing to lead. Default: LEASE_NAME. */
  readonly leaseName?: string | undefined
  /** Default: POD_NAMESPACE, the service account's, the kubeconfig context's, `default`: the first there is. */
  readonly namespace?: string | undefined
  /** Name of this candidate, unique among them. Default: POD_NAME, else the host's name and a random part. */
  readonly identity?: string | undefined
  /**
   * The object that owns the Lease. Default: the pod of POD_NAME and POD_UID, if both are known. Give another one only where
   * the Lease has to outlive the pod: only this process's own pod proves that an earlier holder of its identity has ended.
   */
  readonly owner?: OwnerReference | undefined
  /** Labels to put on the Lease. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Default: `life`. */
  readonly term?: Term | undefined
  /** Timing by name: `client-go` is a lease of 15 s, a deadline of 10 s, a renewal every 2 s. */
  readonly preset?: keyof typeof PRESETS | undefined
  /** Between the sendings of two renewals, and between two reports of "I am the leader". Default 30,000; at least 10. */
  readonly interval?: number | undefined
  /** How long followers wait for a leader that has stopped renewing; whole seconds. Default: twice the interval. */
  readonly leaseDuration?: number | undefined
  /** How long a leader believes in its last renewal, from its sending; below `leaseDuration`. Default: two thirds of it. */
  readonly renewDeadline?: number | undefined
  /**
   * How long an answer is awaited at least, from the sending of its request; at most a third of `renewDeadline`. Longer
   * where requests were measured to take longer, and for what keeps a term up to half of what the deadline leaves: see
   * `attempt.ts`. Default: a third of what the deadline leaves after the interval.
   */
  readonly requestTimeout?: number | undefined
  /**
   * Opt-in: trust the times in the record with this margin, so that a long-dead Lease is taken at once. Give it only
   * where all machines' wall clocks are known to agree within it. Default: never trusted.
   */
  readonly maxClockSkew?: number | undefined
  /**
   * How long stopping waits for the work before it leaves the Lease to expire. Default: the lease duration, and at most
   * 25,000, which leaves time to give the Lease back within the 30 s of grace that Kubernetes gives a pod by default.
   */
  readonly drainTimeout?: number | undefined
  /**
   * Milliseconds to wait, at most, before a free Lease is claimed, so that of many followers few write; longer where
   * requests take long or others came first. 0 waits never. Default 50.
   */
  readonly claimJitter?: number | undefined
  /**
   * How long refusals (401, 403, a namespace that is absent) are retried at the start before they are final: a cluster
   * that starts or restarts says them too. Once a request has succeeded they are retried as all failures. Default 30,000.
   */
  readonly startTimeout?: number | undefined
  /**
   * Ends the election with a `RetriesExhaustedError` when more requests in a row have failed than there are retry
   * back-offs. Default false: it says so, and keeps trying.
   */
  readonly endAfterRetries?: boolean | undefined
  /**
   * Deletes the Lease after it was handed back and nobody has taken it yet. Needs the right to `delete` it. Default
   * false: it stays, without a holder. A leader for life deletes it always.
   */
  readonly deleteOnRelease?: boolean | undefined
  /**
   * Takes a Lease that something else than a pod owns, such as a Deployment: created beforehand by an operator or by
   * Helm. Its owners are replaced by ours. Default false: such a Lease counts as another system's.
   */
  readonly adopt?: boolean | undefined
  /** Tells this process from others of the same identity. Default: a random UUID. */
  readonly incarnation?: string | undefined
}

/** The input, resolved: what the statechart and its services work with. Plain data, no secrets. */
export interface Settings {
  readonly leaseName: string
  readonly namespace: string | undefined
  readonly identity: string
  readonly incarnation: string
  readonly owner: OwnerReference | undefined
  /** uid of the pod that this process runs in: who wrote under it before, and is not seen to live, has ended. */
  readonly podUid: string | undefined
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly term: Term
  readonly interval: number
  readonly leaseDuration: number
  readonly renewDeadline: number
  readonly requestTimeout: number
  readonly maxClockSkew: number | undefined
  readonly drainTimeout: number
  readonly claimJitter: number
  readonly startTimeout: number
  readonly endAfterRetries: boolean
  readonly deleteOnRelease: boolean
  readonly adopt: boolean
}

/** The retry back-offs of the Ruby gem `kubernetes_leader_election`: its 0.1, 0.5, 1, 2 and 4 seconds. */
export const DEFAULT_RETRY_BACKOFFS: readonly number[] = [100, 500, 1000, 2000, 4000]

/** Milliseconds: of the 30 s until SIGKILL (terminationGracePeriodSeconds), 5 for giving the Lease back. */
const WITHIN_GRACE = 25_000

const PRESETS = {
  default: { interval: 30_000 },
  'client-go': { interval: 2_000, leaseDuration: 15_000, renewDeadline: 10_000 },
} as const satisfies Record<string, Pick<ElectionInput, 'interval' | 'leaseDuration' | 'renewDeadline'>>

/**
 * Fills in what the input leaves open, from the surroundings and the defaults.
 *
 * @throws ConfigurationError that says what was received, what was expected and how to mend it.
 */
export function resolveSettings(input: ElectionInput = {}, surroundings: Surroundings = readSurroundings()): Settings {
  refuseUnknown(input, INPUT_NAMES)
  const incarnation = input.incarnation ?? randomUUID()
  const term = oneOf('term', input.term ?? 'life', ['life', 'renewable'])
  return {
    leaseName: leaseName(input.leaseName ?? surroundings.leaseName),
    namespace: namespace(input.namespace ?? surroundings.namespace),
    identity: text('identity', input.identity ?? surroundings.podName ?? `${hostname()}_${incarnation}`),
    incarnation: text('incarnation', incarnation),
    ...ownership(input.owner, surroundings, term),
    labels: labels(input.labels),
    term,
    endAfterRetries: flag('endAfterRetries', input.endAfterRetries),
    deleteOnRelease: flag('deleteOnRelease', input.deleteOnRelease),
    adopt: flag('adopt', input.adopt),
    ...timing(input),
  }
}

/** @throws ConfigurationError unless it is a non-empty array of delays in milliseconds. */
export function validRetryBackoffs(value: readonly number[]): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw wrong('retryBackoffs', value, 'a non-empty array of milliseconds, such as [100, 500, 1000, 2000, 4000]')
  }
  return value.map((delay, index) => duration(`retryBackoffs[${index}]`, delay, 0))
}

/** Complete, and checked to be. */
const NAMES: Record<keyof ElectionInput, true> = {
  leaseName: true,
  namespace: true,
  identity: true,
  owner: true,
  labels: true,
  term: true,
  preset: true,
  interval: true,
  leaseDuration: true,
  renewDeadline: true,
  requestTimeout: true,
  maxClockSkew: true,
  drainTimeout: true,
  claimJitter: true,
  startTimeout: true,
  endAfterRetries: true,
  deleteOnRelease: true,
  adopt: true,
  incarnation: true,
}

export const INPUT_NAMES = Object.keys(NAMES)

/** @throws ConfigurationError: a misspelt option must not be silently without effect. */
export function refuseUnknown(options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new ConfigurationError(
    `unknown option \`${unknown}\`; expected one of ${names.join(', ')}. Durations are in milliseconds.`,
  )
}

function timing(input: ElectionInput) {
  const preset = PRESETS[oneOf('preset', input.preset ?? 'default', Object.keys(PRESETS) as (keyof typeof PRESETS)[])]
  const given = { ...preset, ...withoutUndefined(input) }

  const interval = duration('interval', given.interval, 10)
  const leaseDuration = duration('leaseDuration', given.leaseDuration ?? wholeSeconds(2 * interval), 1000)
  const renewDeadline = duration('renewDeadline', given.renewDeadline ?? Math.floor((leaseDuration * 2) / 3), 10)
  const requestTimeout = duration(
    'requestTimeout',
    given.requestTimeout ?? Math.max(1, Math.floor((renewDeadline - interval) / 3)),
    1,
  )

  const claimJitter = duration('claimJitter', input.claimJitter ?? 50, 0)

  if (leaseDuration % 1000 !== 0) {
    throw wrong('leaseDuration', leaseDuration, 'whole seconds in milliseconds: the Lease holds leaseDurationSeconds')
  }
  relation('renewDeadline', renewDeadline, renewDeadline < leaseDuration, 'less than leaseDuration', leaseDuration)
  relation('interval', interval, interval < renewDeadline, 'less than renewDeadline', renewDeadline)
  relation(
    'requestTimeout',
    requestTimeout,
    requestTimeout <= renewDeadline / 3,
    'at most a third of renewDeadline',
    renewDeadline,
  )
  relation(
    'interval + requestTimeout',
    interval + requestTimeout,
    interval + requestTimeout <= renewDeadline,
    'at most renewDeadline, so that one renewal fits in',
    renewDeadline,
  )
  relation('claimJitter', claimJitter, claimJitter <= leaseDuration, 'at most leaseDuration', leaseDuration)
  return {
    interval,
    leaseDuration,
    renewDeadline,
    requestTimeout,
    maxClockSkew: input.maxClockSkew === undefined ? undefined : duration('maxClockSkew', input.maxClockSkew, 0),
    drainTimeout: duration('drainTimeout', input.drainTimeout ?? Math.min(leaseDuration, WITHIN_GRACE), 0),
    claimJitter,
    startTimeout: duration('startTimeout', input.startTimeout ?? 30_000, 0),
  }
}

/** An owner is another thing than the pod where it is shared: a StatefulSet, a Deployment. */
function ownership(given: OwnerReference | undefined, surroundings: Surroundings, term: Term) {
  const found = owner(given, surroundings, term)
  return { owner: found, podUid: surroundings.podUid ?? (found?.kind === 'Pod' ? found.uid : undefined) }
}

function owner(given: OwnerReference | undefined, { podName, podUid }: Surroundings, term: Term) {
  if (given !== undefined) {
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) text(`owner.${field}`, given?.[field])
    const { apiVersion, kind, name, uid } = given
    return { apiVersion, kind, name, uid }
  }
  if (podName && podUid) return { apiVersion: 'v1', kind: 'Pod', name: podName, uid: podUid }
  if (term === 'renewable') return undefined
  const missing = [podName ? '' : 'POD_NAME', podUid ? '' : 'POD_UID'].filter(Boolean).join(' and ')
  throw new ConfigurationError(
    `${missing} not set: a leader for life needs to know its pod, which owns the Lease. Add to the container's env ` +
      "in the pod's spec: { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } } and " +
      '{ name: POD_UID, valueFrom: { fieldRef: { fieldPath: metadata.uid } } }; or give the option `owner`.',
  )
}

function leaseName(value: unknown): string {
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

function namespace(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value.length > 63 || !DNS_SUBDOMAIN.test(value) || value.includes('.')) {
    throw wrong('namespace', value, 'a DNS label: lower-case letters, digits and "-", at most 63 characters')
  }
  return value
}

function labels(value: unknown): Readonly<Record<string, string>> | undefined {
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

function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw wrong(name, value, 'a non-empty string')
  return value
}

function flag(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(name, value, 'true or false')
  return value ?? false
}

function duration(name: string, value: unknown, minimum: number): number {
  if (typeof value !== 'number' || !(value >= minimum && value <= LONGEST_DELAY)) {
    throw wrong(name, value, `milliseconds from ${minimum} to ${LONGEST_DELAY} (the longest delay Node.js can wait)`)
  }
  return value
}

function relation(name: string, value: number, holds: boolean, expected: string, other: number): void {
  if (!holds) throw wrong(name, value, `${expected} (${other})`)
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) throw wrong(name, value, `one of ${allowed.map((each) => `"${each}"`).join(', ')}`)
  return value
}

function wrong(name: string, value: unknown, expected: string): ConfigurationError {
  return new ConfigurationError(`${name} is ${display(value)}; expected ${expected}.`)
}

/** Characters of a value that an error quotes. */
const LONGEST_QUOTE = 200

/** A received value, as an error quotes it: whatever it is, and cut where it is long. */
export function display(value: unknown): string {
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return String(value)
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: LONGEST_QUOTE })
  const quoted = typeof value === 'string' ? JSON.stringify(value) : text
  return quoted.length > LONGEST_QUOTE ? `${quoted.slice(0, LONGEST_QUOTE)}…` : quoted
}

function wholeSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000) * 1000
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
}
