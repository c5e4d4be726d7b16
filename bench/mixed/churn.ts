/** Candidates of one Lease, to whom misfortunes happen, the leader before others; each that ends is followed by a new one. */
import { Random } from '../../test/support/random.ts'
import { monotonic } from '../electors/monotonic.ts'
import type { Peer } from '../peers/peer.ts'
import type { PeerProcess, PeerTiming } from '../peers/peer-process.ts'
import type { Candidate } from './judgement.ts'

export interface ChurnOptions {
  readonly seconds: number
  readonly seed: number
  readonly timing: PeerTiming
}

type Start = (peer: Peer, identity: string) => Promise<PeerProcess>

/** Of the lease duration: between two misfortunes, how long a pause lasts, and until another one takes a seat, at most. */
const [SOONEST, LATEST, PAUSE, VACANCY] = [0.3, 0.9, 1.4, 2]
/** A pause is what makes late leaders. */
const MISFORTUNES = ['stop', 'kill', 'pause', 'pause'] as const
/** How often it is the leader's turn. */
const ON_LEADER = 0.8
/** Seconds in which one stops in order, before it is killed. */
const STOPPING = 2

export class Churn {
  readonly #start: Start
  readonly #timing: PeerTiming
  readonly #random: Random
  readonly #seats: Seat[]
  readonly #over: Candidate[] = []
  /** No more begin. */
  #isDone = false
  /** What goes on meanwhile: pauses, ends and beginnings. */
  readonly #pending = new Set<Promise<void>>()
  /** By what happened. */
  readonly misfortunes: Record<string, number> = {}

  constructor(peers: readonly Peer[], start: Start, { seed, timing }: Omit<ChurnOptions, 'seconds'>) {
    this.#start = start
    this.#timing = timing
    this.#random = new Random(seed)
    this.#seats = peers.map((peer, index) => new Seat(peer, index))
  }

  /** Resolves when all is over, the last pause and what follows it included. */
  async run(seconds: number): Promise<Candidate[]> {
    const until = monotonic() + seconds * 1000
    await Promise.all(this.#seats.map((seat) => this.#occupy(seat)))
    while (monotonic() < until) {
      const wait = this.#timing.leaseDuration * this.#random.between(SOONEST, LATEST)
      await pass(Math.min(wait, (until - monotonic()) / 1000))
      this.#misfortune()
    }
    this.#isDone = true
    while (this.#pending.size > 0) await Promise.all(this.#pending)
    // Whoever slept may still take itself for the leader.
    await pass(this.#timing.renewDeadline + this.#timing.retryPeriod)
    return [...this.#over, ...this.#seats.map((seat) => seat.told())]
  }

  #misfortune(): void {
    const free = this.#seats.filter(({ isBusy }) => !isBusy)
    if (free.length === 0) return
    const leader = free.findLast(({ process }) => process.leading.size > 0)
    const seat = leader && this.#random.chance(ON_LEADER) ? leader : this.#random.pick(free)
    const what = this.#random.pick(MISFORTUNES)
    this.misfortunes[what] = (this.misfortunes[what] ?? 0) + 1
    const happening = what === 'pause' ? this.#pause(seat) : this.#replace(seat, what)
    this.#pending.add(happening)
    void happening.finally(() => this.#pending.delete(happening))
  }

  async #pause(seat: Seat): Promise<void> {
    seat.isBusy = true
    const from = monotonic()
    seat.process.kill('SIGSTOP')
    await pass(this.#timing.leaseDuration * PAUSE)
    seat.pauses.push({ from, to: monotonic() })
    seat.process.kill('SIGCONT')
    seat.isBusy = false
  }

  async #replace(seat: Seat, how: 'stop' | 'kill'): Promise<void> {
    seat.isBusy = true
    seat.process.kill(how === 'stop' ? 'SIGTERM' : 'SIGKILL')
    await Promise.race([seat.process.exited, pass(STOPPING)])
    await seat.process.end()
    // Whoever is quickest would always lead if its like were always there.
    await pass(this.#timing.leaseDuration * this.#random.between(0, VACANCY))
    if (this.#isDone) return
    this.#over.push(seat.told())
    await this.#occupy(seat)
  }

  async #occupy(seat: Seat): Promise<void> {
    seat.isBusy = true
    seat.process = await this.#start(seat.peer, seat.nextIdentity())
    seat.pauses = []
    await seat.process.until(() => seat.process.isUp, 60_000)
    seat.isBusy = false
    // Some end when they have lost.
    const { process } = seat
    void process.exited.then(() => {
      if (this.#isDone || seat.isBusy || seat.process !== process) return
      const happening = this.#replace(seat, 'kill')
      this.#pending.add(happening)
      void happening.finally(() => this.#pending.delete(happening))
    })
  }
}

/** A candidate of a kind, and after its end the next one. */
class Seat {
  readonly peer: Peer
  readonly #index: number
  #generation = 0
  process!: PeerProcess
  pauses: { from: number; to: number }[] = []
  isBusy = true

  constructor(peer: Peer, index: number) {
    this.peer = peer
    this.#index = index
  }

  /** Each has one of its own: a token, and a name. */
  nextIdentity(): string {
    this.#generation += 1
    return `seat-${this.#index}-${this.#generation}`
  }

  told(): Candidate {
    const { process, pauses } = this
    const { led, lost, saidToLead } = process
    return { identity: `seat-${this.#index}-${this.#generation}`, peer: this.peer.name, led, lost, saidToLead, pauses }
  }
}

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds * 1000)))
}
