/** One candidate: a process of its own, in a pod of the embedded server, that tells its events on its output. */
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'

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
}

interface Events {
  event: [ReplicaEvent]
}

export class Replica extends EventEmitter<Events> {
  readonly pod: string
  readonly exited: Promise<number | null>
  readonly #process: ChildProcess
  #errors = ''

  constructor({ pod, env }: ReplicaOptions) {
    super()
    this.pod = pod
    const { execPath, argv } = process
    this.#process = spawn(execPath, [argv[1]!, 'elect', '--json', '--preset', 'client-go'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.emit('event', JSON.parse(line)))
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.exited = once(this.#process, 'exit').then(([code]) => code)
  }

  /** What the process wrote to its standard error: empty as long as all is well. */
  get errors(): string {
    return this.#errors
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** SIGTERM asks it to stop in order, SIGKILL ends it, SIGSTOP and SIGCONT pause it. */
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name)
  }

  /** Ends the process however it is, also a paused one. */
  async end(): Promise<void> {
    if (this.isRunning) this.#process.kill('SIGKILL')
    await this.exited
  }
}
