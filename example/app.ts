/**
 * A worker of which only one may work, however many replicas there are.
 *
 * The Lease's name, the pod and the cluster come from the environment that deployment.yml sets.
 */
import { StatsD } from 'hot-shots'
import { LeaderElection } from 'kubernetes-leader-election'

const { STATSD_HOST, INTERVAL } = process.env
const statsd = STATSD_HOST ? new StatsD({ host: STATSD_HOST, errorHandler: console.error }) : undefined

const election = new LeaderElection(undefined, {
  log: { ...console, debug: () => {} },
  statsd,
  interval: INTERVAL === undefined ? undefined : Number(INTERVAL),
})
process.once('SIGTERM', () => election.stop().then(() => statsd?.close()))

const { isLeading, fencingToken, signal } = await election.becomeLeaderForLife()

// From here on this pod is the leader. If that should ever end, the process crashes, and another pod takes over.
const work = setInterval(() => {
  if (isLeading()) console.log(`working, fencing token ${fencingToken}`)
}, 1_000)
signal.addEventListener('abort', () => clearInterval(work))
