/** The embedded server, its pods, and their processes: what a Deployment of three replicas would be. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LeaseServer, startBareLeaseServer } from '../../testing/lease-server.ts'
import { type Lanes, lanesOf } from './lanes.ts'
import type { Output } from './output.ts'
import { Replica, type ReplicaEvent } from './replica.ts'
import { RunningTime } from './running-time.ts'
import { type Reign, Timeline } from './timeline.ts'

export const LEASE = 'demo'
/** Of the `client-go` preset, which the candidates use. */
export const LEASE_DURATION = 15_000
export const RENEW_DEADLINE = 10_000
const REPLICAS = 3
/** Exit code of `elect` for a leadership that was lost. */
const LOST = 1
/** Milliseconds that processes may take to start, on a busy machine. */
export const START = 20_000

/** Somebody ended the demo while something was waited for. */
export class DemoEnded extends Error {
  override readonly name = 'DemoEnded'
}

export class Cluster {
  readonly timeline = new Timeline()
  readonly replicas: Replica[] = []
  readonly #output: Output
  readonly #observe: ((replica: Replica) => void) | undefined
  readonly #changed = new Set<() => void>()
  readonly #ending = new AbortController()
  readonly #running: RunningTime
  readonly #lanes: Replica[] = []
  #server: LeaseServer | undefined
  #directory: string | undefined
  #starting: Promise<void> | undefined
  #pods = 0
  /** Of the running time: until then a leader may end because the demo was stopped past its term. */
  #excusedUntil = 0

  /** @param observe is given each replica when it starts, and what it is observed to do. */
  constructor(output: Output, observe?: (replica: Replica) => void) {
    this.#output = output
    this.#observe = observe
    this.#running = new RunningTime((stoodStill) => this.#wakeUp(stoodStill))
  }

  /** Starts the server and the pods. */
  start(): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  async #start(): Promise<void> {
    this.#server = await startBareLeaseServer()
    this.#directory = await mkdtemp(join(tmpdir(), 'leader-election-demo-'))
    if (this.#isClosing) return
    this.#output.plain(
      `API server at ${this.server.url}, Lease default/${LEASE}: 15 s, deadline 10 s, renewed every 2 s`,
    )
    for (let count = 0; count < REPLICAS; count += 1) await this.addPod()
  }

  get server(): LeaseServer {
    if (!this.#server) throw new Error('the demo has not started yet')
    return this.#server
  }

  /** Milliseconds for which the demo was stopped, so far. */
  get stoodStill(): number {
    return this.#running.stoodStill
  }

  /** The one that leads; undefined while there is none or more than one. */
  get leader(): { replica: Replica; reign: Reign } | undefined {
    const [reign, ...others] = this.timeline.leaders
    if (!reign || others.length > 0) return undefined
    const replica = this.replicas.find(({ pod, isRunning }) => pod === reign.pod && isRunning)
    return replica && { replica, reign }
  }

  get lanes(): Lanes {
    return lanesOf(this.#lanes, this.timeline)
  }

  /** A new pod with a new process, as a Deployment replaces a lost one. */
  async addPod(): Promise<void> {
    this.#pods += 1
    await this.startContainer(`web-${this.#pods}`)
  }

  /** Starts a process in the pod; in an existing pod that is what the kubelet does when a container has ended. */
  async startContainer(pod: string): Promise<void> {
    const kubeConfigFile = join(this.#directory!, `${pod}.kubeconfig`)
    await writeFile(kubeConfigFile, this.server.kubeConfigYaml(pod), { mode: 0o600 })
    if (this.#isClosing) return
    const env = { ...this.server.podEnv(pod), LEASE_NAME: LEASE, KUBECONFIG: kubeConfigFile }
    const free = this.#lanes.findIndex((replica) => !replica.isRunning)
    const replica = new Replica({ pod, env, isObserved: this.#observe !== undefined })
    this.#lanes[free < 0 ? this.#lanes.length : free] = replica
    this.replicas.push(replica)
    this.#observe?.(replica)
    replica.on('event', (event) => this.#note(replica, event))
    replica.exited
      .then((code) => this.#exited(replica, code))
      .catch((error: Error) => this.timeline.mishaps.push(`${pod}: ${error.message}`))
  }

  async #exited(replica: Replica, code: number | null): Promise<void> {
    const { pod, isDoomed, isPaused, errors } = replica
    if (isPaused) this.timeline.endAsleep(pod, now(), RENEW_DEADLINE)
    else this.timeline.end(pod, now())
    this.replicas.splice(this.replicas.indexOf(replica), 1)
    if (this.#isClosing) return
    const how = code === null ? 'by a signal' : `with exit code ${code}`
    this.#running.look()
    // On the page somebody brings a loss about, and what ends with it is restarted, as by the kubelet.
    const isExcused = (this.#observe && code === LOST) || this.#running.now < this.#excusedUntil
    this.#output.event(
      `${pod}: the process ended ${how}${isExcused && !isDoomed ? '; its container is restarted' : ''}`,
    )
    if (errors) this.#output.plain(errors)
    if (!isDoomed && isExcused) await this.startContainer(pod)
    else if (!isDoomed) this.timeline.mishaps.push(`${pod}: the process ended ${how}, which nobody had asked for`)
    this.#wake()
  }

  /** Stops the candidates too, for the time in which this process is stopped. */
  suspend(): void {
    for (const replica of this.replicas) replica.suspend()
  }

  resume(): void {
    for (const replica of this.replicas) replica.resume()
  }

  #wakeUp(stoodStill: number): void {
    this.#excusedUntil = this.#running.now + LEASE_DURATION
    if (this.#server) this.#output.event(`the demo was stopped for ${(stoodStill / 1000).toFixed(1)} s`)
  }

  /** Resolves when every replica knows the leader, and so is ready to take over. */
  async untilAllFollow(): Promise<void> {
    await this.until(() => this.replicas.every(({ isInformed }) => isInformed), 'all replicas to follow', START)
  }

  /**
   * Resolves when the condition holds, looking after everything that happens; rejects after `timeout` milliseconds, in
   * which time that the demo was stopped does not count.
   */
  async until<Value>(condition: () => Value | undefined | false, what: string, timeout: number): Promise<Value> {
    this.#ending.signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    const look = () => {
      const value = condition()
      if (value !== undefined && value !== false) resolve(value)
    }
    const giveUp = () => reject(new Error(`after ${timeout} ms still waiting for ${what}`))
    const cancel = this.#running.after(timeout, giveUp)
    const end = () => reject(this.#ending.signal.reason)
    this.#ending.signal.addEventListener('abort', end)
    this.#changed.add(look)
    look()
    try {
      return await promise
    } finally {
      cancel()
      this.#ending.signal.removeEventListener('abort', end)
      this.#changed.delete(look)
    }
  }

  /** Ends every process and the server, however far the start has come. */
  async close(): Promise<void> {
    this.#ending.abort(new DemoEnded('the demo was ended'))
    this.#running.stop()
    const ended = () => Promise.all([...this.replicas].map((replica) => replica.end()))
    await ended()
    await this.#starting?.catch(() => {})
    await ended()
    await this.#server?.close()
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 })
  }

  get #isClosing(): boolean {
    return this.#ending.signal.aborted
  }

  #note(replica: Replica, event: ReplicaEvent): void {
    const { pod } = replica
    switch (event.type) {
      case 'newLeader':
        replica.isInformed = true
        break
      case 'leading':
        this.timeline.begin(pod, BigInt(event.fencingToken!), event.at)
        this.#output.event(`${pod}: leads, fencing token ${event.fencingToken}`)
        break
      case 'renewed':
        this.timeline.renew(pod, event.at)
        break
      case 'woke':
        if (!event.isLeading) this.timeline.endAsleep(pod, event.at, RENEW_DEADLINE)
        this.#output.event(`${pod}: woke after ${Math.round(event.pausedFor!)} ms; isLeading() says ${event.isLeading}`)
        break
      case 'lost':
        this.timeline.end(pod, event.at)
        this.#output.event(`${pod}: lost the leadership (${event.reason?.kind})`)
        break
      case 'released':
        this.timeline.end(pod, event.at)
        this.#output.event(`${pod}: gave the Lease back`)
        break
    }
    this.#wake()
  }

  #wake(): void {
    for (const look of [...this.#changed]) look()
  }
}

/** Milliseconds since 1970 with fractions, as the candidates give them. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}
