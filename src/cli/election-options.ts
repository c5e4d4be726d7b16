/** What several commands take: which Lease of which cluster, and how to stand for it. Errors quote what was typed. */
import { ConfigurationError } from '../errors.ts'
import { resolveSettings } from '../options/options.ts'
import { readSurroundings } from '../options/pod.ts'
import type { ElectionInput, OwnerReference, Settings, Term } from '../options/types.ts'
import { type Flags, variableOf } from './arguments/flags.ts'
import { NAME } from './arguments/help.ts'
import { UsageError } from './arguments/usage-error.ts'
import type { Arguments, Given } from './arguments.ts'

/** Which cluster, and where in it. */
export const CLUSTER_FLAGS = {
  namespace: { type: 'text', short: 'n', value: 'NAME', about: "default: POD_NAMESPACE, or the kubeconfig's" },
  kubeconfig: {
    type: 'text',
    value: 'FILE',
    about: "default: KUBECONFIG, ~/.kube/config or the pod's service account",
  },
} as const satisfies Flags

export const TIMING_FLAGS = {
  preset: {
    type: 'text',
    value: 'client-go',
    about: 'a lease of 15s, a deadline of 10s, a renewal every 2s',
  },
  interval: { type: 'duration', value: 'DURATION', about: 'between two renewals. Default: 30s' },
  'lease-duration': {
    type: 'duration',
    value: 'DURATION',
    about: 'how long others wait for a silent leader. Default: twice the interval',
  },
  'renew-deadline': {
    type: 'duration',
    value: 'DURATION',
    about: 'how long a leader believes in a renewal. Default: two thirds of the lease duration',
  },
} as const satisfies Flags

/** How to stand. */
export const ELECTION_FLAGS = {
  owner: {
    type: 'text',
    value: 'Pod/NAME/UID',
    about:
      "the object that owns the Lease, where it isn't this pod; of another kind with its API version: " +
      'apps/v1/Deployment/NAME/UID',
  },
  adopt: { type: 'boolean', about: 'take a Lease, too, that something else than a pod owns: a Deployment, Helm' },
  ...CLUSTER_FLAGS,
  identity: { type: 'text', value: 'NAME', about: "default: POD_NAME, or the host's name and a random part" },
  ...TIMING_FLAGS,
} as const satisfies Flags

export const JSON_FLAG = {
  json: { type: 'boolean', about: 'for programs: an object a line on stdout, and errors as one of type "failed"' },
} as const satisfies Flags

/** Where the options of the library come from, and which are durations, which the errors of others may name. */
const FLAG_OF = {
  namespace: 'namespace',
  identity: 'identity',
  preset: 'preset',
  interval: 'interval',
  leaseDuration: 'lease-duration',
  renewDeadline: 'renew-deadline',
} as const
const DURATIONS: readonly string[] = ['interval', 'leaseDuration', 'renewDeadline'] satisfies (keyof typeof FLAG_OF)[]

export interface ElectionArguments {
  readonly settings: Settings
  readonly input: ElectionInput & { readonly leaseName: string }
}

/** @throws UsageError, or ConfigurationError for what the environment says. */
export function readElection(
  command: string,
  { values, positionals, given }: Arguments<typeof ELECTION_FLAGS>,
  term: Term,
): ElectionArguments {
  useKubeconfig(values.kubeconfig)
  const surroundings = readSurroundings()
  const lease = leaseNamed(command, positionals[0])
  const input = {
    leaseName: lease.text,
    term,
    owner: values.owner === undefined ? undefined : ownerOf(given.get('owner')!),
    adopt: values.adopt,
    namespace: values.namespace,
    identity: values.identity,
    preset: values.preset as ElectionInput['preset'],
    interval: values.interval,
    leaseDuration: values['lease-duration'],
    renewDeadline: values['renew-deadline'],
  }
  const { podName, podUid } = surroundings
  if (term === 'life' && !input.owner && !(podName && podUid)) throw noPod(podName, podUid)
  const settings = inFlags(() => resolveSettings(input, surroundings), lease, given)
  // Outside a pod it has a random part: whoever draws it again is somebody else.
  return { input: { ...input, identity: settings.identity }, settings }
}

/** From now on it is where the cluster is looked for. */
export function useKubeconfig(file: string | undefined): void {
  if (file !== undefined) process.env.KUBECONFIG = file
}

/** @throws UsageError where none is given. */
export function leaseNamed(command: string, typed: string | undefined): Given {
  const candidates: readonly Given[] = [
    { name: 'LEASE', text: typed ?? '' },
    ...[variableOf('lease'), 'LEASE_NAME'].map((name) => ({ name, text: process.env[name]?.trim() ?? '' })),
  ]
  const found = candidates.find(({ name, text }) => text !== '' || (name === 'LEASE' && typed !== undefined))
  if (found) return found
  throw new UsageError(
    `no lease name: give one as the first argument, as in \`${NAME} ${command} my-app\`, or set LEASE_NAME or ` +
      `${variableOf('lease')} in the environment.`,
  )
}

/** `Pod/NAME/UID`, or with the API version of any other kind before it: `apps/v1/Deployment/NAME/UID`. */
function ownerOf({ name: flag, text }: Given): OwnerReference {
  const parts = text.split('/')
  const [kind, name, uid] = parts.slice(-3)
  // A wrong API version would be an owner that does not exist, with which the Lease is collected as garbage.
  const apiVersion = parts.slice(0, -3).join('/') || (kind === 'Pod' ? 'v1' : undefined)
  if (parts.length > 5 || parts.includes('') || !apiVersion || !/^[A-Z]/.test(kind ?? '') || !name || !uid) {
    throw new UsageError(
      `${flag} is ${JSON.stringify(text)}; expected Pod/NAME/UID, or apiVersion/Kind/NAME/UID for another kind, such as ` +
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

/** What the library says of its options, said of what was typed. */
export function inFlags<Result>(resolve: () => Result, lease: Given, given: ReadonlyMap<string, Given>): Result {
  try {
    return resolve()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    let worded = error.message.replace(/^leaseName is /, `${lease.name} is `)
    for (const [option, flag] of Object.entries(FLAG_OF)) {
      const { name, text } = given.get(flag) ?? { name: `--${flag}`, text: undefined }
      if (!DURATIONS.includes(option)) {
        worded = worded.replace(new RegExp(`^${option} is `), `${name} is `)
        continue
      }
      if (text !== undefined)
        worded = worded.replace(new RegExp(`^${option} is [\\d.]+;`), `${name} is ${JSON.stringify(text)};`)
      // Not where it has just been quoted: `--interval` has `interval` in it.
      worded = worded.replace(new RegExp(`(?<!-)\\b${option}\\b`, 'g'), name)
    }
    throw new UsageError(worded, { cause: error })
  }
}
