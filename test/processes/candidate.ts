/** A real process for the tests: leads in one of the ways of its first argument, and tells what happens in lines. */
import { LeaderElection } from '../../src/index.ts'

const tell = (line: string) => process.stdout.write(`${line}\n`)
const timing = { interval: 200, leaseDuration: 1_000, renewDeadline: 700 } as const

const modes: Record<string, () => Promise<unknown>> = {
  /** Leads, then asks in one endless turn of the event loop, so that no timer can fire between waking and asking. */
  async 'asks without a pause'() {
    const { isLeading } = await new LeaderElection(undefined, timing).becomeLeaderForLife()
    let last = performance.now()
    tell('leading') // a pipe is written at once; whatever pause comes after it is seen below
    while (true) {
      const now = performance.now()
      if (now - last > timing.renewDeadline) {
        tell(`woke after ${now - last > timing.leaseDuration ? 'more' : 'less'} than a lease: ${isLeading()}`)
        break
      }
      last = now
    }
    process.exit(0)
  },

  /** Leads until SIGTERM, stops, and has nothing more to do. */
  async 'stops and ends by itself'() {
    const election = new LeaderElection(undefined, timing)
    process.once('SIGTERM', () => void election.stop())
    const { signal } = await election.becomeLeaderForLife()
    tell('leading')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },

  /** Does its work once and ends. */
  async 'works once'() {
    const result = await new LeaderElection(undefined, timing).lead(async ({ fencingToken }) => fencingToken)
    tell(`worked with ${result}`)
  },

  /** Leads for life and handles nothing. */
  async 'handles nothing'() {
    await new LeaderElection(undefined, timing).becomeLeaderForLife()
    tell('leading')
  },
}

await modes[process.argv[2]!]!()
