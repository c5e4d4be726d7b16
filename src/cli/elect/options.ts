/** What was typed, as options of an election; errors name flags, and quote what was typed. */
import { ConfigurationError } from '../../errors.ts'
import { resolveSettings } from '../../options/options.ts'
import { readSurroundings } from '../../options/pod.ts'
import type { ElectionInput, OwnerReference, Settings } from '../../options/types.ts'
import { duration, readArguments, UsageError } from '../arguments.ts'

const FLAGS = {
  renewable: { type: 'boolean' },
  owner: { type: 'string' },
  namespace: { type: 'string' },
  identity: { type: 'string' },
  preset: { type: 'string' },
  interval: { type: 'string' },
  'lease-duration': { type: 'string' },
  'renew-deadline': { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Where the options of the library come from; those that are durations may be named in the errors of others. */
const FLAG_OF = {
  leaseName: 'LEASE',
  namespace: '--namespace',
  identity: '--identity',
  preset: '--preset',
} as const
const DURATION_FLAG_OF = {
  interval: '--interval',
  leaseDuration: '--lease-duration',
  renewDeadline: '--renew-deadline',
} as const

export interface ElectArguments {
  readonly isJson: boolean
  readonly settings: Settings
  readonly input: ElectionInput
}

/** @throws UsageError, or ConfigurationError for what the environment says. */
export function readElectArguments(args: readonly string[]): ElectArguments {
  const { values, positionals } = readArguments(args, FLAGS, ["the Lease's name"])
  const surroundings = readSurroundings()
  const typed = {
    interval: values.interval,
    leaseDuration: values['lease-duration'],
    renewDeadline: values['renew-deadline'],
  }
  const milliseconds = (option: keyof typeof typed) => {
    const text = typed[option]
    return text === undefined ? undefined : duration(DURATION_FLAG_OF[option], text)
  }
  const input: ElectionInput = {
    leaseName: positionals[0],
    term: values.renewable ? 'renewable' : 'life',
    owner: values.owner === undefined ? undefined : ownerOf(values.owner),
    namespace: values.namespace,
    identity: values.identity,
    preset: values.preset as ElectionInput['preset'],
    interval: milliseconds('interval'),
    leaseDuration: milliseconds('leaseDuration'),
    renewDeadline: milliseconds('renewDeadline'),
  }
  if ((input.leaseName ?? surroundings.leaseName) === undefined) {
    throw new UsageError(
      'no lease name: give one as the first argument, as in `kubernetes-leader-election elect my-app`, or set ' +
        'LEASE_NAME in the environment.',
    )
  }
  const { podName, podUid } = surroundings
  if (input.term === 'life' && !input.owner && !(podName && podUid)) throw noPod(podName, podUid)
  try {
    return { isJson: values.json ?? false, settings: resolveSettings(input, surroundings), input }
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UsageError(inFlags(error.message, typed), { cause: error })
    throw error
  }
}

/** `Pod/NAME/UID`, or with the API version of any other kind before it: `apps/v1/Deployment/NAME/UID`. */
function ownerOf(text: string): OwnerReference {
  const parts = text.split('/')
  const [kind, name, uid] = parts.slice(-3)
  // A wrong API version would be an owner that does not exist, with which the Lease is collected as garbage.
  const apiVersion = parts.slice(0, -3).join('/') || (kind === 'Pod' ? 'v1' : undefined)
  if (parts.length > 5 || parts.includes('') || !apiVersion || !/^[A-Z]/.test(kind ?? '') || !name || !uid) {
    throw new UsageError(
      `--owner is ${JSON.stringify(text)}; expected Pod/NAME/UID, or apiVersion/Kind/NAME/UID for another kind, such as ` +
        'apps/v1/Deployment/my-app/UID. UID is its metadata.uid: kubectl get pod NAME -o jsonpath={.metadata.uid}',
    )
  }
  return { apiVersion, kind: kind!, name, uid }
}

function noPod(podName: string | undefined, podUid: string | undefined): UsageError {
  const missing = [podName ? '' : 'POD_NAME', podUid ? '' : 'POD_UID'].filter(Boolean).join(' and ')
  return new UsageError(
    `${missing} not set: a leader for life needs to know its pod, which owns the Lease. Outside a pod give --renewable, ` +
      "which needs none and stands again after a loss, or --owner Pod/NAME/UID. In a pod add to the container's env in " +
      "the pod's spec: { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } } and " +
      '{ name: POD_UID, valueFrom: { fieldRef: { fieldPath: metadata.uid } } }.',
  )
}

function inFlags(message: string, typed: Readonly<Record<string, string | undefined>>): string {
  let worded = message
  for (const [option, flag] of Object.entries(FLAG_OF))
    worded = worded.replace(new RegExp(`^${option} is `), `${flag} is `)
  for (const [option, flag] of Object.entries(DURATION_FLAG_OF)) {
    const text = typed[option]
    if (text !== undefined)
      worded = worded.replace(new RegExp(`^${option} is [\\d.]+;`), `${flag} is ${JSON.stringify(text)};`)
    worded = worded.replace(new RegExp(`\\b${option}\\b`, 'g'), flag)
  }
  return worded
}
