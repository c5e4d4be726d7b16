/** Candidates against the embedded server: real HTTP, with a clock for each candidate. */
import {
  type ElectionEmitted,
  LeaderElection,
  type LeaderElectionOptions,
  type Leadership,
  type Log,
  type OwnerReference,
} from '../../src/index.ts'
import { INCARNATION_ANNOTATION } from '../../src/lease/record.ts'
import { EVENT_TYPES } from '../../src/statechart/types.ts'
import { type LeaseServer, type LeaseServerOptions, startLeaseServer } from '../../src/testing/index.ts'
import { ManualClock } from './manual-clock.ts'
import { settled } from './traffic.ts'

export const LEASE = 'my-app'
/** The timing of client-go, in milliseconds. */
export const [LEASE_DURATION, RENEW_DEADLINE, INTERVAL] = [15_000, 10_000, 2_000]
/** Terms are renewed a whole interval after their claim, and not at a random moment of it: for who counts renewals. */
export const WITHOUT_PHASE = { random: () => 0 }

export interface Candidate {
  readonly election: LeaderElection
  readonly clock: ManualClock
  /** Everything it emitted, in order. */
  readonly events: ElectionEmitted[]
  readonly log: string[]
}

export class TestCluster implements AsyncDisposable {
  readonly server: LeaseServer
  readonly candidates: Candidate[] = []

  constructor(server: LeaseServer) {
    this.server = server
  }

  static async start(options?: LeaseServerOptions): Promise<TestCluster> {
    return new TestCluster(await startLeaseServer(options))
  }

  /** A candidate in a pod of this name, with a clock of its own. */
  candidate(pod: string, options: LeaderElectionOptions & { clock?: ManualClock } = {}): Candidate {
    const clock = options.clock ?? new ManualClock()
    const log: string[] = []
    const election = new LeaderElection(LEASE, {
      preset: 'client-go',
      ...this.server.pod(pod),
      log: logInto(log),
      ...options,
      clock,
    })
    const events: ElectionEmitted[] = []
    for (const type of EVENT_TYPES) election.on(type, (event) => events.push(event))
    const candidate = { election, clock, events, log }
    this.candidates.push(candidate)
    return candidate
  }

  /** A candidate that leads, renewably, and works until its signal aborts. */
  async leader(pod: string, options?: Parameters<TestCluster['candidate']>[1]) {
    const candidate = this.candidate(pod, options)
    const work = worker()
    const result = candidate.election.lead(work.run)
    result.catch(() => {})
    await this.until(() => work.terms.length > 0)
    return { ...candidate, work, result }
  }

  /** A candidate that follows, renewably; `work.terms` tells its terms. */
  async follower(pod: string, options?: Parameters<TestCluster['candidate']>[1]) {
    const candidate = this.candidate(pod, options)
    const work = worker()
    const result = candidate.election.lead(work.run)
    result.catch(() => {})
    await this.until(() => candidate.election.leader !== undefined)
    return { ...candidate, work, result }
  }

  /** Time goes by for all candidates, from timer to timer; requests get the time they need in between. */
  async elapse(milliseconds: number): Promise<void> {
    await settled()
    for (let left = milliseconds; left > 0; ) {
      const step = Math.min(left, ...this.candidates.map(({ clock }) => Math.max(1, clock.untilNextTimer)))
      for (const { clock } of this.candidates) clock.advance(step)
      left -= step
      await settled()
    }
  }

  /** Time goes by until the condition holds; returns how long it took, at most `limit` milliseconds. */
  async until(condition: () => unknown, limit = 60_000): Promise<number> {
    await settled()
    for (let elapsed = 0; ; ) {
      if (condition()) return elapsed
      if (elapsed >= limit) throw new Error(`after ${limit} ms still waiting until ${condition}`)
      const next = Math.min(...this.candidates.map(({ clock }) => clock.untilNextTimer))
      const step = Math.min(Math.max(1, next), limit - elapsed)
      for (const { clock } of this.candidates) clock.advance(step)
      elapsed += step
      await settled()
    }
  }

  /** Who says of itself that it leads. */
  get leaders(): string[] {
    return this.candidates.filter(({ election }) => election.isLeading()).map(({ election }) => election.identity)
  }

  get lease() {
    return this.server.leases.get(LEASE)
  }

  get spec() {
    return this.lease?.spec as
      | { holderIdentity?: string; leaseTransitions?: number; leaseDurationSeconds?: number; renewTime?: string }
      | undefined
  }

  /** The Lease becomes as another process of this pod, which leads, writes it: one of another container, unless it is marked. */
  putLeaseOf(
    pod: string,
    incarnation: string,
    owner: OwnerReference = this.server.pod(pod).owner,
    marks: Readonly<Record<string, string>> = {},
  ): void {
    const time = new Date().toISOString().replace('Z', '000Z')
    this.server.leases.put({
      metadata: {
        name: LEASE,
        annotations: { [INCARNATION_ANNOTATION]: incarnation, ...marks },
        ownerReferences: [owner],
      },
      spec: {
        holderIdentity: pod,
        leaseDurationSeconds: LEASE_DURATION / 1000,
        acquireTime: time,
        renewTime: time,
        leaseTransitions: 0,
      },
    })
  }

  /** Stops what still runs: candidates first, with whatever waits on their clocks let go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.server.faults.clear()
    const stopped = Promise.all(this.candidates.map(({ election }) => election.stop()))
    let isDone = false
    void stopped.finally(() => {
      isDone = true
    })
    for (const { clock } of this.candidates) clock.resume()
    await this.until(() => isDone, 600_000)
    await this.server.close()
  }
}

/** Work that lasts until its term ends, and keeps what it was given. */
export function worker() {
  const terms: Leadership[] = []
  const run = (leadership: Leadership) =>
    new Promise<string>((resolve) => {
      terms.push(leadership)
      leadership.signal.addEventListener('abort', () => resolve('done'), { once: true })
    })
  return { terms, run }
}

export function logInto(lines: string[]): Log {
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}
