/** `elect`: stands for election and tells what happens, for people or as JSON lines. */
import { parseArgs } from 'node:util'
import { ElectionStoppedError, LeadershipLostError, messageOf } from '../errors.ts'
import { type ElectionEventType, LeaderElection, type LeaderElectionOptions } from '../leader-election.ts'
import type { Log } from '../telemetry/log.ts'

const USAGE = `kubernetes-leader-election elect [LEASE] [options]

Stands for election and, once leading, leads until the process is stopped (SIGTERM or SIGINT: releases and exits with 0)
or the leadership is lost (exits with 1). The Lease's name defaults to LEASE_NAME; the pod is that of POD_NAME and
POD_UID, the cluster that of KUBECONFIG or of the pod's service account.

  --renewable            stand again after a loss instead of exiting; needs no pod
  --namespace NAME       default: POD_NAMESPACE, or the kubeconfig's
  --identity NAME        default: POD_NAME
  --preset client-go     a lease of 15 s, a deadline of 10 s, a renewal every 2 s
  --interval MS          default 30000
  --lease-duration MS    default: twice the interval
  --renew-deadline MS    default: two thirds of the lease duration
  --json                 a JSON object a line for each event`

const EVENTS: readonly ElectionEventType[] = [
  'newLeader',
  'leading',
  'renewed',
  'retrying',
  'doubted',
  'draining',
  'lost',
  'released',
  'failed',
]

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      renewable: { type: 'boolean' },
      namespace: { type: 'string' },
      identity: { type: 'string' },
      preset: { type: 'string' },
      interval: { type: 'string' },
      'lease-duration': { type: 'string' },
      'renew-deadline': { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const election = new LeaderElection(positionals[0], {
    namespace: values.namespace,
    identity: values.identity,
    preset: values.preset as LeaderElectionOptions['preset'],
    interval: milliseconds(values.interval),
    leaseDuration: milliseconds(values['lease-duration']),
    renewDeadline: milliseconds(values['renew-deadline']),
    log: values.json ? silent : timestamped,
  })
  if (values.json) for (const type of EVENTS) election.on(type, (event) => print(election, event))
  const tell = (woke: Woke) => (values.json ? print(election, woke) : timestamped.warn(describeWake(woke)))
  const heart = watchForPauses(election, tell)
  let isTold = false
  for (const type of ['lost', 'failed'] as const) {
    election.on(type, () => {
      isTold = true
    })
  }
  const stop = () => void election.stop()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)

  try {
    if (values.renewable) await election.lead(({ signal }) => aborted(signal))
    else {
      const { signal } = await election.becomeLeaderForLife()
      election.lost.catch(() => {}) // the signal's reason tells the same
      await aborted(signal)
      if (signal.reason instanceof LeadershipLostError) throw signal.reason
    }
    return 0
  } catch (error) {
    if (error instanceof ElectionStoppedError) return 0
    if (!values.json && !isTold) timestamped.error(messageOf(error))
    return error instanceof LeadershipLostError ? 1 : 2
  } finally {
    clearInterval(heart)
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
  }
}

interface Woke {
  readonly type: 'woke'
  readonly pausedFor: number
}

const HEARTBEAT = 100
/** A pause worth telling: longer than garbage collections and busy moments. */
const PAUSE = 1_000

/** Tells when the process stood still. This timer is due before the election's own, so it speaks before they do. */
function watchForPauses(election: LeaderElection, tell: (woke: Woke) => void): NodeJS.Timeout {
  let last = performance.now()
  return setInterval(() => {
    const now = performance.now()
    if (now - last > PAUSE && election.leader === election.identity) tell({ type: 'woke', pausedFor: now - last })
    last = now
  }, HEARTBEAT)
}

function describeWake({ pausedFor }: Woke): string {
  return `this process stood still for ${Math.round(pausedFor)} ms`
}

/** Resolves, rather than rejects, when the signal aborts: being asked to stop is not a failure. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** One line: the event, when it happened by this process's clock, and whether the process leads at this moment. */
function print(election: LeaderElection, event: { readonly type: string }): void {
  const line = { at: performance.timeOrigin + performance.now(), isLeading: election.isLeading(), ...event }
  process.stdout.write(`${JSON.stringify(line, jsonValue)}\n`)
}

function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Error ? value.message : value
}

function milliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

const say = (message: string) => console.error(`${new Date().toISOString()} ${message}`)
const timestamped: Log = { debug: () => {}, info: say, warn: say, error: say }
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
