/** Fills in what the options leave open, and refuses wrong ones before anything is sent. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { ConfigurationError } from '../errors.ts'
import { labels, leaseName, namespace } from './names.ts'
import { readSurroundings, type Surroundings } from './pod.ts'
import { timing } from './timing.ts'
import type { ElectionInput, OwnerReference, Settings, Term } from './types.ts'
import { flag, oneOf, text } from './validation.ts'

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
