/** An elector in whichever language: what it is told by its environment, and the lines by which it tells. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Stand } from '../electors/elector.ts'
import { monotonic } from '../electors/monotonic.ts'
import { RunningElector } from '../electors/running-elector.ts'
import { type Usage, usageOf } from '../electors/usage.ts'
import type { Peer } from './peer.ts'

/** In whole seconds, as all of them take it. */
export interface PeerTiming {
  readonly leaseDuration: number
  readonly renewDeadline: number
  readonly retryPeriod: number
}

export const CLIENT_GO_TIMING: PeerTiming = { leaseDuration: 15, renewDeadline: 10, retryPeriod: 2 }

export interface PeerOrder {
  readonly stands: readonly Stand[]
  readonly timing?: PeerTiming
  /** After a loss it stands for election again. */
  readonly standsAgain?: boolean
  /** Of this library: how often it is asked `isLeading()`, in milliseconds. */
  readonly sampling?: number
}

/** One line. */
interface Line {
  readonly event: 'up' | 'leading' | 'lost' | 'following' | 'isLeading'
  readonly at: number
  readonly lease: string
  readonly identity: string
}

export class PeerProcess extends RunningElector {
  readonly peer: Peer
  /** By the machine's monotonic clock. */
  readonly startedAt = monotonic()
  /** It runs, and has read its kubeconfig. */
  isUp = false
  /** When `isLeading()` was true, in order. */
  readonly saidToLead: number[] = []
  readonly exited: Promise<void>
  readonly #process: ChildProcess
  readonly #directory: string
  readonly #uninformed: Set<string>

  private constructor(peer: Peer, directory: string, order: PeerOrder) {
    super()
    this.peer = peer
    this.#directory = directory
    this.#uninformed = new Set(order.stands.map(nameOf))
    const [program, ...args] = peer.command
    const env = { ...process.env, ...peer.env, ...environmentOf(order), KUBECONFIG: join(directory, 'kubeconfig') }
    const child = spawn(program!, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    reaper().send({ begun: child.pid })
    createInterface({ input: child.stdout }).on('line', (line) => this.#take(JSON.parse(line)))
    let complaints = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints = (complaints + text).slice(-2_000)
    })
    this.exited = once(child, 'close').then(([code]) => {
      const at = monotonic()
      reaper().send({ over: child.pid })
      if (!this.isUp) this.fail(`${peer.name} ended with ${code} before it was up: ${complaints}`)
      for (const key of [...this.leading]) {
        const [lease, identity] = key.split(' ')
        this.ends({ stand: { lease: lease!, identity: identity! }, at })
      }
      this.look()
    })
  }

  /** @param kubeConfig as text: the elector finds it as a pod's process would, by KUBECONFIG. */
  static async start(peer: Peer, kubeConfig: string, order: PeerOrder): Promise<PeerProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'peer-'))
    await writeFile(join(directory, 'kubeconfig'), kubeConfig)
    return new PeerProcess(peer, directory, order)
  }

  async usage(): Promise<Usage> {
    return usageOf(this.#process.pid!)
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  async end(): Promise<void> {
    this.kill('SIGKILL')
    await this.exited
    await rm(this.#directory, { recursive: true, force: true })
  }

  #take({ event, at, lease, identity }: Line): void {
    const happening = { stand: { lease, identity }, at }
    if (event === 'up') this.isUp = true
    else if (event === 'leading') this.begins(happening)
    else if (event === 'isLeading') this.saidToLead.push(at)
    // Some tell the end of an election that never led.
    else if (event === 'lost' && this.leading.has(nameOf(happening.stand))) this.ends(happening)
    else if (event === 'following' && this.#uninformed.delete(nameOf(happening.stand)))
      this.isInformed = this.#uninformed.size === 0
    this.look()
  }
}

function nameOf({ lease, identity }: Stand): string {
  return `${lease} ${identity}`
}

function environmentOf({ stands, timing = CLIENT_GO_TIMING, standsAgain, sampling }: PeerOrder): NodeJS.ProcessEnv {
  return {
    STANDS: stands.map(nameOf).join('\n'),
    LEASE_DURATION: String(timing.leaseDuration),
    RENEW_DEADLINE: String(timing.renewDeadline),
    RETRY_PERIOD: String(timing.retryPeriod),
    ...(standsAgain && { STAND_AGAIN: '1' }),
    ...(sampling && { SAMPLING: String(sampling) }),
  }
}

let started: ChildProcess | undefined

/** One for all; it ends when we do. */
function reaper(): ChildProcess {
  if (started) return started
  const program = fileURLToPath(new URL('reaper.ts', import.meta.url))
  started = fork(program, { stdio: 'ignore' })
  started.unref()
  started.channel!.unref()
  return started
}
