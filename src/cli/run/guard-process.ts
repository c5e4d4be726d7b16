/** The wrapper's end of the guard: starts it, gives it orders, and does its work where it dies. */
import { type ChildProcess, spawn } from 'node:child_process'
import { timerDelay } from '../../lease/clock.ts'
import type { Allowance, FromGuard, Order, ToGuard } from './messages.ts'
import { endGroup } from './process-group.ts'
import { asksToEnd, type ForwardedSignal } from './signals.ts'

/** What became of an order, once nobody of the command's group lives. */
export type Ending =
  | { readonly kind: 'ended'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly kind: 'notExecutable'; readonly code: string; readonly message: string }
  | { readonly kind: 'late' }

export interface GuardOptions {
  /** The command reads the wrapper's standard input; else it has none. */
  readonly hasStdin: boolean
  /** Milliseconds between a signal that asks the command to end and SIGKILL. */
  readonly stopGrace: number
}

/**
 * Milliseconds beyond what the command is allowed, in which the guard ends it; then the guard itself does not do what it
 * should, and is ended. In two parts: who wakes late hears first what was told meanwhile.
 */
const LATE = 100
const MOMENT = 50
/** The same from an order to kill: however often the term is extended meanwhile. */
const STUCK = 2_000

interface Ordered {
  readonly onStarted: (pid: number) => void
  readonly settle: { resolve(ending: Ending): void; reject(error: Error): void }
  pid?: number
  ending?: Ending
  stopTimer?: NodeJS.Timeout
  lateTimer?: NodeJS.Timeout
  killTimer?: NodeJS.Timeout
}

export class Guard implements AsyncDisposable {
  /** Resolves with what to say of it where it ends unasked, and its command has been ended. */
  readonly died: Promise<Error>
  readonly #process: ChildProcess
  readonly #exited: Promise<string>
  readonly #stopGrace: number
  #ordered: Ordered | undefined
  #isDismissed = false

  constructor(program: string, { hasStdin, stopGrace }: GuardOptions) {
    this.#stopGrace = timerDelay(stopGrace)
    // Those of the application: an inspector's port can't be listened on twice.
    const { NODE_OPTIONS: _, ...env } = process.env
    this.#process = spawn(process.execPath, [program], {
      env,
      detached: true,
      stdio: [hasStdin ? 'inherit' : 'ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#process.on('message', (message: FromGuard) => this.#hear(message))
    this.#exited = new Promise((resolve) => {
      this.#process.once('error', ({ message }) => resolve(message))
      this.#process.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    this.died = this.#exited.then((how) => (this.#isDismissed ? new Promise<never>(() => {}) : this.#replace(how)))
  }

  /**
   * Starts a command; resolves when nobody of its process group lives.
   *
   * @throws Error where the guard dies; by then the command has been ended.
   */
  run(order: Order, onStarted: (pid: number) => void): Promise<Ending> {
    return new Promise((resolve, reject) => {
      this.#ordered = { onStarted, settle: { resolve, reject } }
      this.#send({ type: 'start', ...order })
      if (order.allowance) this.#expectEnd(order.allowance)
    })
  }

  extend(allowance: Allowance): void {
    this.#send({ type: 'extend', allowance })
    this.#expectEnd(allowance)
  }

  /** Passes it on. The first one that asks the command to end gives it the grace for that, and no more. */
  signal(name: ForwardedSignal): void {
    this.#send({ type: 'signal', name })
    if (this.#ordered && asksToEnd(name)) this.#ordered.stopTimer ??= setTimeout(() => this.kill(), this.#stopGrace)
  }

  stop(): void {
    this.#send({ type: 'stop' })
  }

  kill(): void {
    this.#send({ type: 'kill' })
    if (this.#ordered) this.#ordered.killTimer ??= setTimeout(() => this.#process.kill('SIGKILL'), STUCK)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDismissed = true
    // One that guards nothing needs not be asked, and one that stands still would not hear it.
    if (!this.#ordered) this.#process.kill('SIGKILL')
    else if (this.#process.connected) this.#process.disconnect()
    await this.#exited
  }

  #expectEnd({ killAfter }: Allowance): void {
    const ordered = this.#ordered
    if (!ordered) return
    const replace = () => this.#process.kill('SIGKILL')
    const wait = () => {
      ordered.lateTimer = setTimeout(replace, MOMENT)
    }
    clearTimeout(ordered.lateTimer)
    ordered.lateTimer = setTimeout(wait, timerDelay(killAfter + LATE))
  }

  #send(message: ToGuard): void {
    // Where it has died, `died` tells.
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  #hear(message: FromGuard): void {
    const ordered = this.#ordered
    if (!ordered) return
    switch (message.type) {
      case 'started':
        ordered.pid = message.pid
        ordered.onStarted(message.pid)
        break
      case 'notExecutable':
        ordered.ending = { kind: 'notExecutable', code: message.code, message: message.message }
        break
      case 'late':
        ordered.ending = { kind: 'late' }
        break
      case 'exited':
        ordered.ending = { kind: 'ended', code: message.code, signal: message.signal }
        break
      case 'emptied':
        this.#settle(ordered)
        ordered.settle.resolve(ordered.ending!)
    }
  }

  /** It has died: what it would have ended is ended here. */
  async #replace(how: string): Promise<Error> {
    const error = new Error(`the guard of the command has ended (${how}), and so was the command.`)
    const ordered = this.#ordered
    if (!ordered) return error
    if (ordered.pid !== undefined) await endGroup(ordered.pid)
    this.#settle(ordered)
    ordered.settle.reject(error)
    return error
  }

  #settle(ordered: Ordered): void {
    clearTimeout(ordered.stopTimer)
    clearTimeout(ordered.lateTimer)
    clearTimeout(ordered.killTimer)
    this.#ordered = undefined
  }
}
