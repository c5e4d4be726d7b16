/** `elect`: stands for election and tells what happens, for people or as JSON lines. */
import { ConfigurationError, ElectionStoppedError, LeadershipLostError, messageOf } from '../errors.ts'
import { type ElectionEventType, LeaderElection } from '../leader-election.ts'
import type { Log } from '../telemetry/log.ts'
import { Narrator, say } from './elect/narrator.ts'
import { readElectArguments } from './elect/options.ts'
import { type Woke, watchForPauses } from './elect/pauses.ts'
import { printEvent, printFailure } from './json-lines.ts'

export const USAGE = `  kubernetes-leader-election elect my-app --renewable           from anywhere: in the cluster of KUBECONFIG
  kubernetes-leader-election elect my-app --preset client-go    in a pod, for life: the Lease goes with the pod
  kubernetes-leader-election elect my-app --renewable --json    for programs

kubernetes-leader-election elect [LEASE] [options]

Stands for election and, once leading, leads until the process is stopped, or the leadership is lost. Tells what happens
on stderr; with --json on stdout instead. LEASE defaults to LEASE_NAME; the pod is that of POD_NAME and POD_UID, the
cluster that of KUBECONFIG, ~/.kube/config or the pod's service account.

  --renewable                stand again after a loss, instead of ending; needs no pod
  --owner Pod/NAME/UID       the object that owns the Lease, where it isn't this pod; of another kind with its API
                             version: apps/v1/Deployment/NAME/UID
  --namespace NAME           default: POD_NAMESPACE, or the kubeconfig's
  --identity NAME            default: POD_NAME, or the host's name and a random part
  --preset client-go         a lease of 15s, a deadline of 10s, a renewal every 2s
  --interval DURATION        between two renewals. Default: 30s
  --lease-duration DURATION  how long others wait for a silent leader. Default: twice the interval
  --renew-deadline DURATION  how long a leader believes in a renewal. Default: two thirds of the lease duration
  --json                     an object a line for each event and for errors (type "failed")
  -h, --help
  --version

Durations: 30s, 500ms, 1m30s; a plain number is milliseconds.

Exit codes:
  0  stopped by SIGTERM, SIGINT or the end of who reads its output; the Lease was given back
  1  the leadership was lost
  2  wrong arguments, environment or kubeconfig
  3  the API server refuses, or anything else`

const EVENTS = [
  'newLeader',
  'leading',
  'renewed',
  'retrying',
  'ownerRefused',
  'doubted',
  'draining',
  'lost',
  'released',
  'failed',
] as const satisfies readonly ElectionEventType[]

export async function run(args: string[]): Promise<number> {
  const { isJson, settings, input } = readElectArguments(args)
  const { leaseName, term, ...options } = input
  const election = new LeaderElection(leaseName, { ...options, log: silent })
  const narrator = new Narrator({ ...settings, identity: election.identity })
  let isTold = false
  for (const type of EVENTS) {
    election.on(type, (event) => {
      if (isJson) printEvent(event, election.isLeading())
      else narrator.tell(event)
      if (type === 'lost' || type === 'failed') isTold = true
    })
  }
  if (!isJson) election.on('watchInterrupted', (event) => narrator.tell(event))
  const woke = (event: Woke) => {
    if (election.leader !== election.identity) return
    if (isJson) printEvent(event, election.isLeading())
    else narrator.warn(`this process stood still for ${Math.round(event.pausedFor)} ms`)
  }
  const stopWatching = watchForPauses(woke)
  const stop = () => void election.stop()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
  // Whoever has read the output is gone: as `| head` is.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop)

  try {
    if (term === 'renewable') await election.lead(({ signal }) => aborted(signal))
    else {
      const { signal } = await election.becomeLeaderForLife()
      election.lost.catch(() => {}) // the signal's reason tells the same
      await aborted(signal)
      if (signal.reason instanceof LeadershipLostError) throw signal.reason
    }
    return 0
  } catch (error) {
    if (error instanceof ElectionStoppedError) return 0
    if (!isTold && isJson) printFailure(error)
    else if (!isTold) say(messageOf(error))
    if (error instanceof LeadershipLostError) return 1
    return error instanceof ConfigurationError ? 2 : 3
  } finally {
    stopWatching()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, stop)
  }
}

/** Resolves, rather than rejects, when the signal aborts: being asked to stop is not a failure. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
