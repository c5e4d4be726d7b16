/** The embedded server, its pods, and their processes: what a Deployment of three replicas would be. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LeaseServer, startBareLeaseServer } from '../../testing/lease-server.ts'
import type { Output } from './output.ts'
import { Replica, type ReplicaEvent } from './replica.ts'
import { type Reign, Timeline } from './timeline.ts'

export const LEASE = 'demo'
/** Of the `client-go` preset, which the candidates use. */
export const LEASE_DURATION = 15_000
export const RENEW_DEADLINE = 10_000
const REPLICAS = 3
/** Milliseconds that processes may take to start, on a busy machine. */
export const START = 20_000

export class Cluster {
  readonly server: LeaseServer
  readonly timeline = new Timeline()
  readonly replicas: Replica[] = []
  readonly #output: Output
  readonly #directory: string
  readonly #changed = new Set<() => void>()
  /** Replicas that have seen who leads. */
  readonly #informed = new Set<Replica>()
  #pods = 0
  #isClosing = false

  constructor(server: LeaseServer, directory: string, output: Output) {
    this.server = server
    this.#directory = directory
    this.#output = output
  }

  static async start(output: Output): Promise<Cluster> {
    const server = await startBareLeaseServer()
    const cluster = new Cluster(server, await mkdtemp(join(tmpdir(), 'leader-election-demo-')), output)
    output.plain(`API server at ${server.url}, Lease default/${LEASE}: 15 s, deadline 10 s, renewed every 2 s`)
    for (let count = 0; count < REPLICAS; count += 1) await cluster.addPod()
    return cluster
  }

  /** The one that leads; undefined while there is none or more than one. */
  get leader(): { replica: Replica; reign: Reign } | undefined {
    const [reign, ...others] = this.timeline.leaders
    if (!reign || others.length > 0) return undefined
    const replica = this.replicas.find(({ pod, isRunning }) => pod === reign.pod && isRunning)
    return replica && { replica, reign }
  }

  /** A new pod with a new process, as a Deployment replaces a lost one. */
  async addPod(): Promise<void> {
    this.#pods += 1
    await this.startContainer(`web-${this.#pods}`)
  }

  /** Starts a process in the pod; in an existing pod that is what the kubelet does when a container has ended. */
  async startContainer(pod: string): Promise<void> {
    const kubeConfigFile = join(this.#directory, `${pod}.kubeconfig`)
    await writeFile(kubeConfigFile, this.server.kubeConfigYaml(pod), { mode: 0o600 })
    const env = { ...this.server.podEnv(pod), LEASE_NAME: LEASE, KUBECONFIG: kubeConfigFile }
    const replica = new Replica({ pod, env })
    this.replicas.push(replica)
    replica.on('event', (event) => this.#note(replica, event))
    void replica.exited.then((code) => {
      this.timeline.end(pod, now())
      this.replicas.splice(this.replicas.indexOf(replica), 1)
      if (!this.#isClosing)
        this.#output.event(`${pod}: the process ended ${code === null ? 'by a signal' : `with exit code ${code}`}`)
      if (replica.errors) this.#output.plain(replica.errors)
      this.#wake()
    })
  }

  /** Resolves when every replica knows the leader, and so is ready to take over. */
  async untilAllFollow(): Promise<void> {
    await this.until(() => this.replicas.every((each) => this.#informed.has(each)), 'all replicas to follow', START)
  }

  /** Resolves when the condition holds, looking after everything that happens; rejects after `timeout` milliseconds. */
  async until<Value>(condition: () => Value | undefined | false, what: string, timeout: number): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    const look = () => {
      const value = condition()
      if (value !== undefined && value !== false) resolve(value)
    }
    const timer = setTimeout(() => reject(new Error(`after ${timeout} ms still waiting for ${what}`)), timeout)
    this.#changed.add(look)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#changed.delete(look)
    }
  }

  /** Ends every process and the server. */
  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all([...this.replicas].map((replica) => replica.end()))
    await this.server.close()
    await rm(this.#directory, { recursive: true })
  }

  #note(replica: Replica, event: ReplicaEvent): void {
    const { pod } = replica
    switch (event.type) {
      case 'newLeader':
        this.#informed.add(replica)
        break
      case 'leading':
        this.timeline.begin(pod, BigInt(event.fencingToken!), event.at)
        this.#output.event(`${pod}: leads, fencing token ${event.fencingToken}`)
        break
      case 'renewed':
        this.timeline.renew(pod, event.at)
        break
      case 'woke':
        this.#output.event(`${pod}: woke after ${Math.round(event.pausedFor!)} ms; isLeading() says ${event.isLeading}`)
        if (!event.isLeading) this.timeline.end(pod, event.at)
        break
      case 'lost':
        this.#output.event(`${pod}: lost the leadership (${event.reason?.kind})`)
        this.timeline.end(pod, event.at)
        break
      case 'released':
        this.#output.event(`${pod}: gave the Lease back`)
        this.timeline.end(pod, event.at)
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
