/** The clocks and timers of one process: of a rate of their own, to be set and suspended, in a process that can stand still. */
import type { Clock, Instant } from '../../src/lease/clock.ts'
import type { World } from './world.ts'

/** Milliseconds in which the boot-time clock moves on: as /proc/uptime does. */
const BOOT_STEP = 10

interface Timer {
  cancel(): void
}

export class ClockModel implements Clock {
  readonly rate: number
  readonly #world: World
  /** The clocks at a moment of true time, from which they go on. */
  #base: { at: number; monotonic: number; wall: number; boot: number }
  readonly #hasBoot: boolean
  #standstills = 0
  #suspensions = 0
  #halts = 0
  #hasEnded = false
  #waiting: (() => void)[] = []

  get standsStill(): boolean {
    return this.#standstills > 0
  }

  /** The same readings now, for a process of its own. */
  copy(): ClockModel {
    const copy = new ClockModel(this.#world, { rate: this.rate, wall: 0, hasBoot: this.#hasBoot })
    copy.#base = { at: this.#world.now, ...this.#exactly }
    return copy
  }

  constructor(world: World, { rate, wall, hasBoot = true }: { rate: number; wall: number; hasBoot?: boolean }) {
    this.#world = world
    this.rate = rate
    this.#base = { at: world.now, monotonic: 1_000, wall, boot: 3_600_000 }
    this.#hasBoot = hasBoot
  }

  now(): Instant {
    const { boot, ...exact } = this.#exactly
    return { ...exact, ...(this.#hasBoot && { boot: Math.floor(boot / BOOT_STEP) * BOOT_STEP }) }
  }

  get #exactly() {
    const elapsed = (this.#world.now - this.#base.at) * this.rate
    return {
      monotonic: this.#base.monotonic + (this.#suspensions > 0 ? 0 : elapsed),
      wall: this.#base.wall + elapsed,
      boot: this.#base.boot + (this.#halts > 0 ? 0 : elapsed),
    }
  }

  setTimeout(callback: () => void, delay: number): unknown {
    const due = this.now().monotonic + delay
    let isOver = false
    let disarm = () => {}
    const fire = () => {
      if (isOver) return
      // It was suspended meanwhile: the clock that timers go by stood still.
      if (this.now().monotonic + 1e-6 < due) return arm()
      isOver = true
      callback()
    }
    const arm = () => {
      const left = Math.max(0, due - this.now().monotonic) / this.rate
      disarm = this.#world.after(left, () => this.deliver(fire))
    }
    arm()
    const cancel = () => {
      isOver = true
      disarm()
    }
    return { cancel } satisfies Timer
  }

  clearTimeout(timer: unknown): void {
    ;(timer as Timer | undefined)?.cancel()
  }

  /** What happens to the process waits while it stands still, and is lost when it has ended. */
  deliver(run: () => void): void {
    if (this.#hasEnded) return
    if (this.#standstills > 0) this.#waiting.push(run)
    else run()
  }

  /** The process stands still, as by SIGSTOP or a blocked event loop; returns what lets it go on. */
  pause(): () => void {
    this.#standstills += 1
    return once(() => {
      this.#standstills -= 1
      this.#catchUp()
    })
  }

  /** The machine is suspended: a pause in which monotonic time stands still too. Returns what wakes it. */
  suspend(): () => void {
    const resume = this.pause()
    this.#rebase()
    this.#suspensions += 1
    return once(() => {
      this.#rebase()
      this.#suspensions -= 1
      resume()
    })
  }

  /** The virtual machine is halted: a suspend that not even the boot-time clock sees. Returns what lets it go on. */
  halt(): () => void {
    const wake = this.suspend()
    this.#halts += 1
    return once(() => {
      this.#rebase()
      this.#halts -= 1
      wake()
    })
  }

  stepWall(milliseconds: number): void {
    this.#base.wall += milliseconds
  }

  /** The process is gone, and with it whatever it waited for. */
  end(): void {
    this.#hasEnded = true
    this.#waiting = []
  }

  #catchUp(): void {
    while (this.#standstills === 0 && !this.#hasEnded) {
      const run = this.#waiting.shift()
      if (!run) return
      run()
    }
  }

  #rebase(): void {
    this.#base = { at: this.#world.now, ...this.#exactly }
  }
}

function once(run: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    run()
  }
}
