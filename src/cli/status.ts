/** `status`: who leads, as far as one can see who only looks. It writes nothing. */

import { setTimeout as wait } from 'node:timers/promises'
import { ConfigurationError } from '../errors.ts'
import { leaseName, namespace as validNamespace } from '../options/names.ts'
import { readSurroundings } from '../options/pod.ts'
import { helpOf } from './arguments/help.ts'
import { UsageError } from './arguments/usage-error.ts'
import { readArguments } from './arguments.ts'
import { Cluster } from './cluster.ts'
import { CLUSTER_FLAGS, inFlags, JSON_FLAG, useKubeconfig } from './election-options.ts'
import { Looking, type Wanted } from './status/looking.ts'
import { createOutput, type Output } from './status/output.ts'
import { failUnlessWritten } from './whole-output.ts'

const FLAGS = {
  watch: { type: 'boolean', short: 'w', about: 'look again and again, until Ctrl-C' },
  every: { type: 'duration', value: 'DURATION', about: 'with --watch: between two looks. Default: 1s' },
  'all-namespaces': { type: 'boolean', short: 'A', about: 'the Leases of all namespaces' },
  ...CLUSTER_FLAGS,
  ...JSON_FLAG,
} as const

export const USAGE = helpOf({
  examples: [
    ['status my-app', 'who leads, since when, and whether its pod lives'],
    ['status', 'all Leases of the namespace, as a table'],
    ['status my-app --watch', 'the same again and again, in place'],
    ['status my-app --json | jq -r .holder', 'for programs'],
  ],
  synopsis: 'status [LEASE...] [options]',
  about: [
    'Looks at Leases and writes nothing: the verb get on the Lease is enough, list where none is named, and get on the ' +
      'pods where their owners are to be looked at.',
    'Ages are told by the times in the Lease, which its holder wrote by its own clock: expired? says that by those it was ' +
      'not renewed in time. With --watch also by how long it is seen unchanged from here, as candidates measure it: expired.',
    'The Lease does not hold the fencing token of its holder: it is the resourceVersion of the write that acquired it, so at ' +
      'most the present one.',
  ],
  flags: FLAGS,
  exitCodes: {
    0: 'each Lease that was named is held; without names: they were looked at',
    1: 'one is not: released, absent, or not renewed in time',
    2: 'wrong arguments, environment or kubeconfig',
    3: 'could not look: the API server refuses, or is out of reach',
    130: 'with --watch: Ctrl-C; 143: SIGTERM',
  },
})

/** Milliseconds. */
const EVERY = 1_000
const SHORTEST = 100
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export async function run(args: string[]): Promise<number> {
  const { values, names, namespace, every } = readStatusArguments(args)
  failUnlessWritten()
  useKubeconfig(values.kubeconfig)
  using cluster = new Cluster()
  const hasNamespaces = values['all-namespaces'] ?? false
  const wanted: Wanted = { names, namespace: hasNamespaces ? undefined : (namespace ?? (await cluster.namespace())) }
  const isWatching = values.watch ?? false
  const output = createOutput(
    { isTable: names.length === 0, hasNamespaces, isWatching },
    { isJson: values.json ?? false },
  )
  const looking = new Looking(cluster, wanted)
  // The cluster is needed until it is done.
  return await (isWatching ? watch(looking, output, every) : lookOnce(looking, output, names.length > 0))
}

/** @throws UsageError */
export function readStatusArguments(args: readonly string[]) {
  const { values, positionals, given } = readArguments(args, FLAGS, {
    positionals: ["a Lease's name"],
    takesMore: true,
  })
  const names = [...new Set(positionals)]
  for (const name of names) inFlags(() => leaseName(name), { name: 'LEASE', text: name }, given)
  if (names.length > 0 && values['all-namespaces']) {
    throw new UsageError(
      '--all-namespaces is given with names of Leases; expected one or the other: give -n NAMESPACE.',
    )
  }
  const { every = EVERY } = values
  if (every < SHORTEST) {
    throw new UsageError(
      `${given.get('every')!.name} is "${given.get('every')!.text}"; expected at least ${SHORTEST}ms.`,
    )
  }
  const typed = inFlags(() => validNamespace(values.namespace), { name: 'LEASE', text: '' }, given)
  return { values, names, namespace: typed ?? readSurroundings().namespace, every }
}

async function lookOnce(looking: Looking, output: Output, isNamed: boolean): Promise<number> {
  try {
    const views = await looking.look()
    output.show(views)
    return isNamed && views.some(({ state }) => state !== 'held') ? 1 : 0
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    output.fail(error)
    return 3
  }
}

async function watch(looking: Looking, output: Output, every: number): Promise<number> {
  const ended = new AbortController()
  const code = Promise.withResolvers<number>()
  const end = (signal: keyof typeof EXIT_CODES) => code.resolve(EXIT_CODES[signal])
  const signals = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]
  for (const signal of signals) process.once(signal, end)
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => code.resolve(0))
  const goOn = async () => {
    for (let hasSeen = false; !ended.signal.aborted; ) {
      try {
        output.show(await looking.look())
        hasSeen = true
      } catch (error) {
        if (ended.signal.aborted) return
        output.fail(error)
        // What never worked is a mistake of who asks; what has worked may do so again.
        if (!hasSeen) return code.resolve(3)
      }
      await wait(every, undefined, { signal: ended.signal }).catch(() => {})
    }
  }
  try {
    goOn().catch(code.reject)
    return await code.promise
  } finally {
    ended.abort()
    output.close()
    for (const signal of signals) process.off(signal, end)
  }
}
