/** `manifests`: what an election needs in the cluster, to be read and applied. Asks no cluster. */

import { variableOf } from './arguments/flags.ts'
import { helpOf, NAME } from './arguments/help.ts'
import { UsageError } from './arguments/usage-error.ts'
import { readArguments } from './arguments.ts'
import { CLUSTER_FLAGS, JSON_FLAG, readElection, TIMING_FLAGS } from './election-options.ts'
import { deploymentOf, leaderServicesOf } from './manifests/deployment.ts'
import { listOf, type Manifest, yamlOf } from './manifests/manifest.ts'
import type { Plan } from './manifests/plan.ts'
import { imageOf, labelOf, nameOf, portOf, refuseUseless, useOf } from './manifests/reading.ts'
import { rightsOf } from './manifests/rights.ts'
import { readVersion } from './version.ts'
import { failUnlessWritten } from './whole-output.ts'

const IMAGE = 'registry.example/my-app:1'
const COMMAND = ['node', 'app.js']
const REPLICAS = 3
const PORT = 8080

const FLAGS = {
  use: {
    type: 'text',
    value: 'WAY',
    about: `who stands: library (the application itself, the default), run (\`${NAME} run\` around its command), or sidecar`,
  },
  sidecar: { type: 'boolean', about: 'short for --use sidecar: a container beside the application, in any language' },
  'for-life': { type: 'boolean', about: 'the application calls becomeLeaderForLife: adds the verb delete' },
  name: { type: 'text', value: 'NAME', about: "of the Deployment, and what is around it. Default: the Lease's" },
  namespace: { ...CLUSTER_FLAGS.namespace, about: 'default: none, so that `kubectl --namespace` decides' },
  image: { type: 'text', value: 'IMAGE', about: `of the application. Default: ${IMAGE}, to be replaced` },
  'sidecar-image': {
    type: 'text',
    value: 'IMAGE',
    about: `Default: registry.example/${NAME}:VERSION, to be replaced`,
  },
  replicas: { type: 'count', value: 'N', about: `Default: ${REPLICAS}` },
  'pod-label': {
    type: 'text',
    value: 'KEY=VALUE',
    about: "the sidecar's option: labels the leader's pod; adds the rights for it, and a Service of that label",
  },
  port: { type: 'count', value: 'N', about: `of the application, for that Service. Default: ${PORT}` },
  ...TIMING_FLAGS,
  json: { ...JSON_FLAG.json, about: 'a List in JSON instead of YAML, and errors as a line of type "failed"' },
} as const

export const USAGE = helpOf({
  examples: [
    ['manifests my-app --image my-app:1 | kubectl apply -f -', 'for an application that uses the library'],
    ['manifests my-app --sidecar --preset client-go', 'for an application in any language'],
    ['manifests my-app --use run -- ./worker --fast', 'for a command that runs only while its pod leads'],
  ],
  synopsis: 'manifests [LEASE] [options] [-- COMMAND...]',
  about: [
    'Prints ServiceAccount, Role with the least verbs, RoleBinding and Deployment as YAML. Nothing is sent to a cluster. LEASE ' +
      'defaults to LEASE_NAME. Timing becomes the environment of `run` and of the sidecar.',
  ],
  flags: FLAGS,
  exitCodes: { 0: 'printed', 2: 'wrong arguments or environment', 3: 'anything else' },
})

/** @throws UsageError, or ConfigurationError for what the environment says. */
export function readManifestsArguments(args: readonly string[]): Plan & { readonly isJson: boolean } {
  const read = readArguments(args, FLAGS, { positionals: ["the Lease's name"], takesRest: true })
  const { values, given, rest } = read
  const { leaseName } = readElection('manifests', read, 'renewable').input
  const use = useOf(given.get('use'), given.get('sidecar'), values.sidecar ?? false)
  const timing = Object.keys(TIMING_FLAGS)
  refuseUseless(given, use, timing)
  if (use !== 'run' && rest.length > 0) {
    throw new UsageError(`${JSON.stringify(rest[0])} after \`--\` is a command, which only --use run takes.`)
  }
  return {
    isJson: values.json ?? false,
    leaseName,
    namespace: values.namespace,
    name: nameOf(given.get('name') ?? { name: 'LEASE', text: leaseName }),
    use,
    isForLife: values['for-life'] ?? false,
    image: imageOf(given.get('image')) ?? IMAGE,
    sidecarImage: imageOf(given.get('sidecar-image')) ?? `registry.example/${NAME}:${readVersion()}`,
    replicas: values.replicas ?? REPLICAS,
    podLabel: labelOf(given.get('pod-label')),
    port: portOf(given.get('port')) ?? PORT,
    timing: timing.flatMap((flag) => {
      const text = given.get(flag)?.text
      return text === undefined ? [] : [{ name: variableOf(flag), value: text }]
    }),
    command: rest.length > 0 ? rest : COMMAND,
  }
}

export function manifestsOf(plan: Plan): readonly Manifest[] {
  return [...rightsOf(plan), deploymentOf(plan), ...leaderServicesOf(plan)]
}

export async function run(args: string[]): Promise<number> {
  const { isJson, ...plan } = readManifestsArguments(args)
  const manifests = manifestsOf(plan)
  failUnlessWritten()
  console.log(isJson ? JSON.stringify(listOf(manifests)) : (await yamlOf(manifests)).trimEnd())
  return 0
}
