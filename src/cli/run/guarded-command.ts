/**
 * A command in a process group of its own, and its dead man's switch: it ends when nobody extends its allowance.
 *
 * - It runs until it ends by itself, or is told to.
 * - `stopAfter` is over: SIGTERM, once. `killAfter` is over, also where this process slept through it: SIGKILL.
 * - The command has ended, but not what it has started: that is killed, at once where nobody had asked the command to end,
 *   else when the command itself would have been.
 * - Nobody of the group lives: `emptied`, the last word.
 *
 * Guaranteed while this process runs: nobody of the group lives longer than `killAfter`. Not caught: who leaves the group.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { suspendedBetween } from '../../lease/clock.ts'
import { machineNow } from '../../process/machine-clock.ts'
import type { Allowance, FromGuard, Order } from './messages.ts'
import { hasLiveMembers, signalGroup } from './process-group.ts'
import { asksToEnd, type ForwardedSignal } from './signals.ts'

/** Milliseconds between two looks at the clocks: timers don't count a suspended machine. */
const LOOK = 250
/** Milliseconds between two looks at what is left of the group: they become longer. */
const FIRST_POLL = 5
const LAST_POLL = 200

export class GuardedCommand {
  readonly #tell: (message: FromGuard) => void
  readonly #orphanGrace: number
  #allowance: Allowance | undefined
  /** The process group; undefined where nothing was started. */
  #group: number | undefined
  #isAskedToEnd = false
  #hadSigterm = false
  #hasExited = false
  #poll = FIRST_POLL
  #timer: NodeJS.Timeout | undefined

  constructor({ command, args, env, allowance, orphanGrace }: Order, tell: (message: FromGuard) => void) {
    this.#tell = tell
    this.#allowance = allowance
    this.#orphanGrace = orphanGrace
    if (this.#left().stop <= 0) this.#end({ type: 'late' })
    else this.#start(command, args, env)
  }

  extend(allowance: Allowance): void {
    this.#allowance = allowance
    this.#look()
  }

  signal(name: ForwardedSignal): void {
    if (this.#group === undefined) return
    if (name === 'SIGTERM') this.#hadSigterm = true
    if (asksToEnd(name)) this.#isAskedToEnd = true
    signalGroup(this.#group, name)
  }

  stop(): void {
    if (!this.#hadSigterm) this.signal('SIGTERM')
  }

  kill(): void {
    if (this.#group !== undefined) signalGroup(this.#group, 'SIGKILL')
  }

  /** Nobody extends it any more. */
  abandon(): void {
    this.extend({ at: machineNow(), stopAfter: 0, killAfter: Math.min(this.#left().kill, this.#orphanGrace) })
  }

  #start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
    const fail = ({ code = 'UNKNOWN', message }: NodeJS.ErrnoException) =>
      this.#end({ type: 'notExecutable', code, message })
    let child: ChildProcess
    try {
      child = spawn(command, args, { env, detached: true, stdio: 'inherit' })
    } catch (error) {
      fail(error as NodeJS.ErrnoException) // some are thrown, such as E2BIG
      return
    }
    const { pid } = child
    if (pid === undefined) {
      child.once('error', fail)
      return
    }
    this.#group = pid
    this.#tell({ type: 'started', pid })
    child.once('exit', (code, signal) => {
      this.#hasExited = true
      this.#tell({ type: 'exited', code, signal })
      if (!this.#isAskedToEnd) this.kill()
      this.#look()
    })
    this.#look()
  }

  /** Does what is due, and comes back when more is. */
  #look(): void {
    clearTimeout(this.#timer)
    if (this.#group === undefined) return
    const { stop, kill } = this.#left()
    if (kill <= 0) this.kill()
    else if (stop <= 0) this.stop()
    if (this.#hasExited && !hasLiveMembers(this.#group)) {
      this.#end()
      return
    }
    if (this.#hasExited) this.#poll = Math.min(LAST_POLL, 2 * this.#poll)
    const due = [stop, kill].filter((milliseconds) => milliseconds > 0)
    this.#timer = setTimeout(() => this.#look(), Math.min(LOOK, this.#hasExited ? this.#poll : LOOK, ...due))
  }

  /** Milliseconds, negative where they are over. */
  #left(): { readonly stop: number; readonly kill: number } {
    if (!this.#allowance) return { stop: Number.POSITIVE_INFINITY, kill: Number.POSITIVE_INFINITY }
    const { at, stopAfter, killAfter } = this.#allowance
    const now = machineNow()
    const elapsed = now.monotonic - at.monotonic + suspendedBetween(at, now)
    return { stop: stopAfter - elapsed, kill: killAfter - elapsed }
  }

  #end(why?: FromGuard): void {
    this.#group = undefined
    if (why) this.#tell(why)
    this.#tell({ type: 'emptied' })
  }
}
