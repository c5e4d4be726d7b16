/**
 * A worker of which only one may work, however many replicas there are.
 *
 * The Lease's name, the pod and the cluster come from the environment that deployment.yml sets.
 */
import { StatsD } from 'hot-shots'
import { LeaderElection, type Leadership, unlessStopped } from 'kubernetes-leader-election'

const { STATSD_HOST, INTERVAL } = process.env
const statsd = STATSD_HOST ? new StatsD({ host: STATSD_HOST, errorHandler: console.error }) : undefined

const election = new LeaderElection(undefined, {
  log: { ...console, debug: () => {} },
  statsd,
  interval: INTERVAL === undefined ? undefined : Number(INTERVAL),
})
process.once('SIGTERM', () => election.stop().then(() => statsd?.close()))

// Undefined where it was stopped while it waited, as every follower is in a roll-out: then it ends by itself, with 0.
const leadership = await election.becomeLeaderForLife().catch(unlessStopped)
if (leadership) work(leadership)

// The pod is the leader. If that should ever end otherwise than by `stop`, the process crashes, and another pod takes over.
function work({ isLeading, fencingToken, signal }: Leadership): void {
  const steps = setInterval(() => {
    if (isLeading()) console.log(`working, fencing token ${fencingToken}`)
  }, 1_000)
  signal.addEventListener('abort', () => clearInterval(steps))
}
