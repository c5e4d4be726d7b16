/** One candidate: a process of its own, in a pod of the embedded server, that tells its events on its output. */
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Order, Told } from './web/model/messages.ts'

/** A line of `elect --json`. */
export interface ReplicaEvent {
  readonly type: string
  /** Milliseconds since 1970, by the clock of this machine. */
  readonly at: number
  readonly isLeading: boolean
  readonly fencingToken?: string
  readonly reason?: { readonly kind: string }
  readonly pausedFor?: number
}

export interface ReplicaOptions {
  readonly pod: string
  readonly env: Readonly<Record<string, string>>
  /** It tells what its statechart does, too, and takes orders: for the page. */
  readonly isObserved?: boolean
}

interface Events {
  event: [ReplicaEvent]
  /** Of one that is observed. */
  told: [Told]
}

export class Replica extends EventEmitter<Events> {
  readonly pod: string
  /** Somebody takes it away: it is no surprise when it ends. */
  isDoomed = false
  /** It has seen who leads. */
  isInformed = false
  /** Put to sleep on purpose. */
  isPaused = false
  readonly exited: Promise<number | null>
  readonly #process: ChildProcess
  #errors = ''

  constructor({ pod, env, isObserved = false }: ReplicaOptions) {
    super()
    this.pod = pod
    const { execPath, argv } = process
    const command = isObserved ? 'demo-candidate' : 'elect'
    this.#process = spawn(execPath, [argv[1]!, command, '--json', '--preset', 'client-go'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(isObserved ? (['ipc'] as const) : [])],
      detached: process.platform !== 'win32', // out of reach of the terminal's signals: see `JobControl`
    })
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.emit('event', JSON.parse(line)))
    this.#process.on('message', (told) => this.emit('told', told as Told))
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.exited = once(this.#process, 'exit').then(([code]) => code)
  }

  /** What the process wrote to its standard error: empty as long as all is well. */
  get errors(): string {
    return this.#errors
  }

  /** Of the process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** SIGTERM asks it to stop in order, SIGKILL ends it, SIGSTOP and SIGCONT pause it. */
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.isDoomed = true
    this.isPaused = name === 'SIGSTOP'
    this.#process.kill(name)
  }

  /** To one that is observed. While it is paused the order waits for it. */
  order(order: Order): void {
    if (this.#process.connected) this.#process.send(order, () => {}) // it may just be ending
  }

  /** With the demo itself; who sleeps already goes on sleeping after `resume`. */
  suspend(): void {
    if (this.isRunning && !this.isPaused) this.#process.kill('SIGSTOP')
  }

  resume(): void {
    if (this.isRunning && !this.isPaused) this.#process.kill('SIGCONT')
  }

  /** Ends the process however it is, also a paused one. */
  async end(): Promise<void> {
    if (this.isRunning) this.#process.kill('SIGKILL')
    await this.exited
  }
}
