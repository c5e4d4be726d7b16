/**
 * A real process for the tests: stands for election in the way that its first argument names, and tells what happens in
 * lines of JSON. A pipe is written at once, so that not even SIGKILL loses a line.
 */
import { createInterface } from 'node:readline'
import { ElectionStoppedError, LeaderElection, type Leadership } from '../../src/index.ts'

export type Timing = Readonly<Record<'interval' | 'leaseDuration' | 'renewDeadline', number>>

/** Big integers are text: fencing tokens, and nanoseconds of CLOCK_MONOTONIC, which all processes of a machine share. */
export type Told =
  | { readonly type: 'newLeader'; readonly holder?: string }
  | { readonly type: 'leading'; readonly fencingToken: string }
  | { readonly type: 'lost'; readonly fencingToken: string; readonly reason: string }
  /** To the shared resource, from whoever was told between these two moments that it leads. */
  | { readonly type: 'write'; readonly fencingToken: string; readonly askedAt: string; readonly answeredAt: string }
  /** Said to lead, and is about to stop before it writes. */
  | { readonly type: 'decided' }
  /** Stood still and was asked before anything else could happen. */
  | { readonly type: 'woke'; readonly isLeading: boolean }
  | { readonly type: 'answer'; readonly isLeading: boolean }
  | { readonly type: 'worked'; readonly fencingToken: string }

/** What the test asks for, a line each. */
export type Command =
  | { readonly type: 'ask' }
  | { readonly type: 'stepDown' }
  /** Stands still with its event loop blocked. */
  | { readonly type: 'block'; readonly milliseconds: number }
  /** When it is next told that it leads, before this moment, it stops itself as SIGSTOP does, and writes when it goes on. */
  | { readonly type: 'writeAfterPause'; readonly until: string }

const timing: Timing = JSON.parse(process.env.TIMING!)
const tell = (told: Told) => process.stdout.write(`${JSON.stringify(told)}\n`)

const modes: Record<string, () => Promise<unknown>> = {
  /** Leads, loses, leads again until SIGTERM; asks every few milliseconds, for each of its terms, and writes if it leads. */
  async 'works while it leads'() {
    const election = new LeaderElection(undefined, timing)
    const terms: Leadership[] = []
    const writing = setInterval(() => terms.forEach(writeIfLeading), 10)
    process.once('SIGTERM', () => void election.stop())
    election.on('newLeader', ({ holder }) => tell({ type: 'newLeader', ...(holder && { holder }) }))
    election.on('lost', ({ reason, fencingToken }) =>
      tell({ type: 'lost', fencingToken: String(fencingToken), reason: reason.kind }),
    )
    const commands = obey(election, terms)
    try {
      await election.lead(async (leadership) => {
        terms.push(leadership)
        tell({ type: 'leading', fencingToken: String(leadership.fencingToken) })
        await aborted(leadership.signal)
      })
    } catch (error) {
      if (!(error instanceof ElectionStoppedError)) throw error
    } finally {
      clearInterval(writing)
      commands.close()
    }
  },

  /** Leads, then asks in one endless turn of the event loop, so that no timer can fire between waking and asking. */
  async 'asks without a pause'() {
    const { isLeading, fencingToken } = await new LeaderElection(undefined, timing).becomeLeaderForLife()
    let last = performance.now()
    tell({ type: 'leading', fencingToken: String(fencingToken) }) // whatever pause comes after it is seen below
    for (let now = last; now - last <= timing.leaseDuration; now = performance.now()) last = now
    tell({ type: 'woke', isLeading: isLeading() })
    process.exit(0)
  },

  /** Leads until SIGTERM, stops, and has nothing more to do. */
  async 'stops and ends by itself'() {
    const election = new LeaderElection(undefined, timing)
    process.once('SIGTERM', () => void election.stop())
    const { signal, fencingToken } = await election.becomeLeaderForLife()
    tell({ type: 'leading', fencingToken: String(fencingToken) })
    await aborted(signal)
  },

  /** Does its work once and ends. */
  async 'works once'() {
    const result = await new LeaderElection(undefined, timing).lead(async ({ fencingToken }) => fencingToken)
    tell({ type: 'worked', fencingToken: String(result) })
  },

  /** Leads for life and handles nothing. */
  async 'handles nothing'() {
    const { fencingToken } = await new LeaderElection(undefined, timing).becomeLeaderForLife()
    tell({ type: 'leading', fencingToken: String(fencingToken) })
  },
}

/** Asks, with the moments before and after, and returns the write that may be made; undefined for who doesn't lead. */
function decide({ fencingToken, isLeading }: Leadership): Told | undefined {
  const askedAt = process.hrtime.bigint()
  const leads = isLeading()
  const answeredAt = process.hrtime.bigint()
  if (!leads) return undefined
  const [token, asked, answered] = [fencingToken, askedAt, answeredAt].map(String) as [string, string, string]
  return { type: 'write', fencingToken: token, askedAt: asked, answeredAt: answered }
}

/** Nanoseconds of CLOCK_MONOTONIC. */
let pausesUntil = 0n

function writeIfLeading(leadership: Leadership): void {
  const write = decide(leadership)
  if (!write) return
  if (process.hrtime.bigint() < pausesUntil) {
    pausesUntil = 0n
    tell({ type: 'decided' })
    process.kill(process.pid, 'SIGSTOP')
  }
  tell(write)
}

function obey(election: LeaderElection, terms: readonly Leadership[]) {
  const commands = createInterface({ input: process.stdin })
  commands.on('line', (line) => {
    const command: Command = JSON.parse(line)
    switch (command.type) {
      case 'ask':
        tell({ type: 'answer', isLeading: election.isLeading() })
        return
      case 'stepDown':
        void election.stepDown()
        return
      case 'block':
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, command.milliseconds)
        tell({ type: 'woke', isLeading: terms.some(({ isLeading }) => isLeading()) })
        return
      case 'writeAfterPause':
        pausesUntil = BigInt(command.until)
    }
  })
  // The test is gone: nobody would end this process.
  const exit = () => process.exit(3)
  process.stdin.once('end', exit)
  return {
    close: () => {
      process.stdin.off('end', exit)
      commands.close()
      process.stdin.destroy()
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

await modes[process.argv[2]!]!()
