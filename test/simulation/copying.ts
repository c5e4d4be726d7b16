/**
 * A second process from the memory of a first one, as of a virtual machine that is restored from a snapshot while it runs:
 * the same state, the same incarnation, the same term, and timers that are due when the first one's are. What was under
 * way on the network is sent anew.
 */
import { type ActorOptions, createActor, StateMachine } from 'xstate'
import type { ElectionActor, ElectionMachine } from '../../src/election-machine.ts'
import type { Clock } from '../../src/lease/clock.ts'

/** The timers of a statechart, and when they are due. */
export class TimerBook {
  readonly #clock: Clock
  readonly #due = new Map<unknown, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  setTimeout = (callback: () => void, delay: number): unknown => {
    const timer = this.#clock.setTimeout(() => {
      this.#due.delete(timer)
      callback()
    }, delay)
    this.#due.set(timer, this.#clock.now().monotonic + delay)
    return timer
  }

  clearTimeout = (timer: unknown): void => {
    this.#due.delete(timer)
    this.#clock.clearTimeout(timer)
  }

  /** Milliseconds that are left of each, in the order in which they were set. */
  get left(): number[] {
    return [...this.#due.values()].map((due) => due - this.#clock.now().monotonic)
  }
}

/** Makes the second one and starts it. */
export function startCopy(
  original: ElectionActor,
  timers: TimerBook,
  machine: ElectionMachine,
  options: ActorOptions<ElectionMachine>,
  prepare: (copy: ElectionActor) => void,
): void {
  // What is restored in order begins anew: so not in order.
  const restoreSnapshot = StateMachine.prototype.restoreSnapshot.bind(machine)
  const copied = Object.assign(Object.create(machine) as ElectionMachine, { restoreSnapshot })
  const snapshot = original.getPersistedSnapshot()
  const { _scheduledEvents: scheduled } = original.system.getSnapshot()
  const { left } = timers
  const events = Object.values(scheduled)
  if (events.length !== left.length)
    throw new Error(`${events.length} timers of the statechart, but ${left.length} due`)
  const copy = createActor(copied, { ...options, snapshot } as never) as ElectionActor
  prepare(copy)
  copy.start()
  const { scheduler } = copy.system as never as {
    scheduler: { schedule(source: unknown, target: unknown, event: unknown, delay: number, id: string): void }
  }
  events.forEach(({ event, id }, index) => {
    scheduler.schedule(copy, copy, event, Math.max(0, left[index]!), id)
  })
}
