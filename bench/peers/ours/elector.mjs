/** This library as it is published, used as its README shows it. */
const { LeaderElection } = await import(process.env.LIBRARY)
const { STANDS, LEASE_DURATION, RENEW_DEADLINE, RETRY_PERIOD, SAMPLING } = process.env
const timing = {
  leaseDuration: Number(LEASE_DURATION) * 1000,
  renewDeadline: Number(RENEW_DEADLINE) * 1000,
  interval: Number(RETRY_PERIOD) * 1000,
}
const silent = { debug() {}, info() {}, warn() {}, error() {} }

function tell(event, [lease, identity]) {
  const at = Number(process.hrtime.bigint()) / 1e6
  process.stdout.write(`${JSON.stringify({ event, at, lease, identity })}\n`)
}

const end = new AbortController()
process.once('SIGTERM', () => end.abort())

const stands = STANDS.split('\n').map((line) => line.split(' '))
tell('up', stands[0])
await Promise.all(
  stands.map(async (stand) => {
    const [lease, identity] = stand
    const election = new LeaderElection(lease, { ...timing, namespace: 'default', identity, log: silent })
    election.on('newLeader', ({ holder }) => {
      if (holder !== undefined && holder !== identity) tell('following', stand)
    })
    const sampling = SAMPLING && sample(election, stand, Number(SAMPLING))
    const work = ({ signal }) => {
      tell('leading', stand)
      return untilAborted(signal).then(() => tell('lost', stand))
    }
    await election.lead(work, { signal: end.signal }).catch((error) => {
      if (!end.signal.aborted) throw error
    })
    clearInterval(sampling)
  }),
)

function untilAborted(signal) {
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

/** Tells each time at which `isLeading()` is true. */
function sample(election, stand, milliseconds) {
  return setInterval(() => {
    // Asked before the time is: what it says holds at its call.
    const at = Number(process.hrtime.bigint()) / 1e6
    if (!election.isLeading()) return
    const [lease, identity] = stand
    process.stdout.write(`${JSON.stringify({ event: 'isLeading', at, lease, identity })}\n`)
  }, milliseconds)
}
