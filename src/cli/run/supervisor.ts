/**
 * A command that runs while this process leads.
 *
 * - `waiting` to lead: any of the signals, `--wait` and `--try` end it.
 * - `running`: the command runs, or what it has left behind; the Lease is renewed until nobody of its group lives.
 * - `holding`, with `--once`: the command has ended, and the Lease is kept so that nobody else runs it.
 * - `leaving`: it is decided how this ends, and nothing starts any more.
 *
 * The command's time is the guard's matter: it hears of each renewal how long it may let the command go on.
 */
import { ConfigurationError, ElectionStoppedError, LeadershipLostError } from '../../errors.ts'
import type { LeaderElection, Leadership } from '../../leader-election.ts'
import { timerDelay } from '../../lease/clock.ts'
import type { LossReason } from '../../lease/tenure.ts'
import { machineNow } from '../../process/machine-clock.ts'
import { aborted } from '../elect/events.ts'
import { Backoff } from './backoff.ts'
import { codeOf, INTERNAL, LEADERSHIP_LOST, NOT_LEADING_IN_TIME, WRONG_USAGE } from './exit-codes.ts'
import type { Ending, Guard } from './guard-process.ts'
import type { Allowance, Order } from './messages.ts'
import { asksToEnd, exitCodeOf, type ForwardedSignal } from './signals.ts'
import type { Telling } from './telling.ts'

export interface Conduct {
  readonly again: boolean
  readonly once: boolean
  readonly isTry: boolean
  /** Milliseconds; undefined: as long as it takes. */
  readonly wait: number | undefined
  /** Milliseconds between the renew deadline and SIGKILL. */
  readonly lossGrace: number
  /** What to run, in the term of this token. */
  readonly order: (fencingToken: bigint) => Omit<Order, 'allowance'>
}

export class Supervisor {
  readonly #election: LeaderElection
  readonly #guard: Guard
  readonly #telling: Telling
  readonly #conduct: Conduct
  readonly #backoff = new Backoff()
  #phase: 'waiting' | 'running' | 'holding' | 'leaving' = 'waiting'
  #code = INTERNAL
  #isFailureTold = false
  #waitTimer: NodeJS.Timeout | undefined

  constructor(election: LeaderElection, guard: Guard, telling: Telling, conduct: Conduct) {
    this.#election = election
    this.#guard = guard
    this.#telling = telling
    this.#conduct = conduct
  }

  /** Returns the exit code, once the Lease was given back or is left to expire. */
  async run(): Promise<number> {
    const election = this.#election
    this.#telling.follow(election)
    election.on('renewed', () => this.#extend())
    election.on('lost', ({ reason }) => this.#endInTime(reason))
    election.on('newLeader', ({ holder }) => this.#noteLeader(holder))
    election.on('failed', () => {
      this.#isFailureTold = true
    })
    void this.#guard.died.then((error) => {
      if (this.#phase !== 'running') this.#leave(INTERNAL, error)
    })
    this.#limitWait(0)
    try {
      await election.lead((leadership) => this.#work(leadership))
      return this.#code
    } catch (error) {
      if (error instanceof ElectionStoppedError) return this.#code
      if (!this.#isFailureTold) this.#telling.failed(error)
      return error instanceof ConfigurationError ? WRONG_USAGE : INTERNAL
    } finally {
      clearTimeout(this.#waitTimer)
    }
  }

  signal(name: ForwardedSignal): void {
    if (this.#phase === 'waiting') this.#leave(exitCodeOf(name))
    if (this.#phase === 'running') this.#guard.signal(name)
    if (this.#phase !== 'leaving' && asksToEnd(name)) void this.#election.stop()
  }

  async #work({ fencingToken, signal }: Leadership): Promise<void> {
    if (this.#phase === 'leaving') return
    this.#phase = 'running'
    clearTimeout(this.#waitTimer)
    const { again, once, order } = this.#conduct
    const startedAt = performance.now()
    const allowance = this.#allowance() ?? { at: machineNow(), stopAfter: 0, killAfter: 0 }
    let ending: Ending
    try {
      ending = await this.#guard.run({ ...order(fencingToken), allowance }, (pid) =>
        this.#telling.started(pid, this.#election.isLeading()),
      )
    } catch (error) {
      this.#leave(wasLost(signal) ? LEADERSHIP_LOST : INTERNAL, error)
      return
    }
    const lasted = performance.now() - startedAt
    this.#telling.ended(ending, this.#election.isLeading())
    this.#code = wasLost(signal) ? LEADERSHIP_LOST : codeOf(ending)
    if (once && ending.kind === 'ended' && !signal.aborted) {
      this.#phase = 'holding'
      await aborted(signal)
      if (wasLost(signal)) this.#code = LEADERSHIP_LOST
    }
    const isStopping = signal.aborted && !wasLost(signal)
    if (again && ending.kind !== 'notExecutable' && !isStopping) this.#standAgain(lasted)
    else this.#finish(signal)
  }

  #standAgain(lasted: number): void {
    this.#phase = 'waiting'
    const cooldown = this.#backoff.after(lasted)
    void this.#election.stepDown({ cooldown })
    this.#limitWait(cooldown)
    this.#noteLeader(this.#election.leader)
  }

  /** What ends in order gives the Lease back; a term that was lost must not be followed by another one. */
  #finish(signal: AbortSignal): void {
    this.#phase = 'leaving'
    if (wasLost(signal)) void this.#election.stop()
  }

  #leave(code: number, why?: unknown): void {
    if (this.#phase === 'leaving') return
    this.#phase = 'leaving'
    this.#code = code
    if (why !== undefined) this.#telling.failed(why)
    void this.#election.stop()
  }

  #limitWait(cooldown: number): void {
    const { wait } = this.#conduct
    if (wait === undefined) return
    const giveUp = () => {
      const { leader } = this.#election
      this.#leave(NOT_LEADING_IN_TIME, new Error(`not leading within ${wait} ms; ${leader ?? 'nobody'} leads`))
    }
    this.#waitTimer = setTimeout(giveUp, timerDelay(cooldown + wait))
  }

  #noteLeader(holder: string | undefined): void {
    if (!this.#conduct.isTry || this.#phase !== 'waiting') return
    if (holder !== undefined && holder !== this.#election.identity) {
      this.#leave(NOT_LEADING_IN_TIME, new Error(`${holder} leads`))
    }
  }

  #extend(): void {
    const allowance = this.#allowance()
    if (allowance && this.#phase === 'running') this.#guard.extend(allowance)
  }

  /** By the last renewal; undefined where it is not sure that the term goes on. */
  #allowance(): Allowance | undefined {
    const at = machineNow() // before the term is looked at: who stands still in between gets less, and not more
    const { isLeading, validFor } = this.#election.status()
    return isLeading ? { at, stopAfter: validFor, killAfter: validFor + this.#conduct.lossGrace } : undefined
  }

  /** The term is over, or as good as over. */
  #endInTime({ kind }: LossReason): void {
    if (this.#phase !== 'running') return
    if (kind === 'forbidden')
      this.#guard.stop() // nobody else leads before the guard ends it
    else if (kind !== 'deadline')
      this.#guard.kill() // somebody may lead already
    else {
      // By all clocks of this process: the guard's may have stood still.
      const at = machineNow()
      const { overdue } = this.#election.status()
      this.#guard.extend({ at, stopAfter: -overdue, killAfter: this.#conduct.lossGrace - overdue })
    }
  }
}

function wasLost({ reason }: AbortSignal): boolean {
  return reason instanceof LeadershipLostError
}
