/**
 * `serve`: the sidecar. It stands for election, and tells over HTTP who leads: for applications in any language, and in the
 * words of the sidecars that there are.
 */
import { ConfigurationError, ElectionStoppedError, messageOf } from '../errors.ts'
import { readSurroundings } from '../options/pod.ts'
import { helpOf } from './arguments/help.ts'
import { UsageError } from './arguments/usage-error.ts'
import { readArguments } from './arguments.ts'
import { say } from './elect/narrator.ts'
import { ELECTION_FLAGS, JSON_FLAG, readElection } from './election-options.ts'
import { printEvent, printFailure } from './json-lines.ts'
import { readAddress } from './serve/address.ts'
import { readLabel } from './serve/label.ts'
import { startSmall } from './serve/memory.ts'
import { type Served, SidecarServer } from './serve/server.ts'

const DEFAULT_MAX_CLIENTS = 1000

const FLAGS = {
  http: {
    type: 'text',
    value: 'HOST:PORT',
    about: 'where it listens. Default: 127.0.0.1:4040, within the pod only; :4040 is every interface',
  },
  'max-clients': { type: 'count', value: 'COUNT', about: `connections at a time. Default: ${DEFAULT_MAX_CLIENTS}` },
  'pod-label': {
    type: 'text',
    value: 'KEY=VALUE',
    about: "put on the leader's pod, for a Service's selector: a hint. Needs POD_NAME, and get, list and patch of pods",
  },
  ...ELECTION_FLAGS,
  ...JSON_FLAG,
} as const

export const USAGE = helpOf({
  examples: [
    ['serve my-app', 'beside an application, which asks http://localhost:4040'],
    ['serve my-app --pod-label leader=true', "a Service with this selector leads to the leader's pod"],
    ['serve my-app --http :4040 --preset client-go', 'for other pods, too'],
  ],
  synopsis: 'serve [LEASE] [options]',
  about: [
    'Stands for election for as long as it runs, and answers over HTTP who leads. LEASE defaults to LEASE_NAME; the pod is ' +
      'that of POD_NAME and POD_UID. What happens is told on stderr; with --json on stdout instead.',
    [
      ['/', 'and every unknown path: {"name":"the leader, or empty","last_update":"when that changed"}'],
      ['/sse', 'the same as server-sent events: at once, and at each change'],
      ['/leader', 'the same; 200 where this pod leads, else 503'],
      ['/status', 'all that is known of the election'],
      ['/healthz', '503 where this pod believes to lead and could not renew: for a liveness probe'],
      ['/readyz', '200 once it listens: for a readiness probe'],
      ['/metrics', 'for Prometheus'],
    ],
  ],
  flags: FLAGS,
  exitCodes: {
    0: 'stopped by SIGTERM or SIGINT; the Lease was given back',
    2: 'wrong arguments, environment or kubeconfig; or nothing can listen there',
    3: 'the API server refuses, or anything else',
  },
})

/** @throws UsageError, or ConfigurationError for what the environment says. */
export function readServeArguments(args: readonly string[]) {
  const given = readArguments(args, FLAGS, { positionals: ["the Lease's name"] })
  const { json = false, 'max-clients': maxClients = DEFAULT_MAX_CLIENTS } = given.values
  if (maxClients < 1) {
    const { name, text } = given.given.get('max-clients')!
    throw new UsageError(`${name} is ${JSON.stringify(text)}; expected at least 1.`)
  }
  return {
    isJson: json,
    maxClients,
    address: readAddress(given.given.get('http')),
    label: readLabel(given.given.get('pod-label'), readSurroundings().podName),
    ...readElection('serve', given, 'renewable'),
  }
}

export async function run(args: string[]): Promise<number> {
  const { isJson, maxClients, address, label, ...given } = readServeArguments(args)
  startSmall()
  const served = Promise.withResolvers<Served>()
  await using server = new SidecarServer(served.promise, { maxClients })
  const url = await server.listen(address)
  if (isJson) printEvent({ type: 'listening', url }, false)
  else say(`${given.settings.leaseName}: listening on ${url}`)
  // Whoever has read the output is gone: the application is still here.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

  const { Sidecar } = await import('./serve/sidecar.ts')
  using sidecar = new Sidecar(given, { isJson, label, server })
  served.resolve(sidecar)
  const stop = () => void sidecar.election.stop()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
  try {
    await sidecar.stand()
    return 0
  } catch (error) {
    if (error instanceof ElectionStoppedError) return 0
    if (!sidecar.isEndTold() && isJson) printFailure(error)
    else if (!sidecar.isEndTold()) say(messageOf(error))
    return error instanceof ConfigurationError ? 2 : 3
  } finally {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, stop)
  }
}
