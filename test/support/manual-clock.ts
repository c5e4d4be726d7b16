/** A process's clocks under a test's control: they move when the test says so, and can be made to disagree. */
import type { Clock, Instant } from '../../src/lease/clock.ts'

interface Timer {
  readonly callback: () => void
  readonly due: number
}

export class ManualClock implements Clock {
  #monotonic = 1_000
  #wall = Date.parse('2026-11-22T14:00:00Z')
  #boot = 3_600_000
  readonly #timers = new Set<Timer>()
  #isPaused = false
  #isSuspended = false

  now(): Instant {
    return { monotonic: this.#monotonic, wall: this.#wall, boot: this.#boot }
  }

  setTimeout = (callback: () => void, delay: number): unknown => {
    const timer = { callback, due: this.#monotonic + delay }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout = (timer: unknown): void => {
    this.#timers.delete(timer as Timer)
  }

  /** Milliseconds to the next timer; infinite where there is none, or the process stands still. */
  get untilNextTimer(): number {
    if (this.#isPaused) return Number.POSITIVE_INFINITY
    return Math.max(0, Math.min(...[...this.#timers].map(({ due }) => due)) - this.#monotonic)
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** All clocks move on; due timers fire, in order, unless the process stands still. */
  advance(milliseconds: number): void {
    const target = this.#monotonic + milliseconds
    for (let next = this.#dueBefore(target); next; next = this.#dueBefore(target)) {
      this.#move(Math.max(0, next.due - this.#monotonic))
      this.#timers.delete(next)
      next.callback()
    }
    this.#move(target - this.#monotonic)
  }

  /** The process stands still, as after SIGSTOP: clocks move on, timers do not fire. */
  pause(): void {
    this.#isPaused = true
  }

  /** It runs again; overdue timers fire with the next `advance`, as they would in the next turn of the event loop. */
  resume(): void {
    this.#isPaused = false
  }

  /** The machine is suspended: a pause in which the monotonic clock stands still too. */
  suspend(): void {
    this.pause()
    this.#isSuspended = true
  }

  wake(): void {
    this.#isSuspended = false
    this.resume()
  }

  /** Somebody sets the wall clock; or, forwards, the virtual machine was halted, and all other clocks with it. */
  stepWall(milliseconds: number): void {
    this.#wall += milliseconds
  }

  #dueBefore(target: number): Timer | undefined {
    if (this.#isPaused) return undefined
    const due = [...this.#timers].filter((timer) => timer.due <= target)
    return due.sort((a, b) => a.due - b.due)[0]
  }

  #move(milliseconds: number): void {
    if (!this.#isSuspended) this.#monotonic += milliseconds
    this.#wall += milliseconds
    this.#boot += milliseconds
  }
}
