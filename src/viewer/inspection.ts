/**
 * XState's inspection events, put as plain JSON by process and session. Machines are told, also those that ran before
 * anybody listened; actors of other logic only as children of theirs.
 */
import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent } from 'xstate'
import { chartOf, presentOf, stepOf, type Taken } from './chart.ts'
import type { Inspected } from './model/inspected.ts'
import { plain } from './plain.ts'

export class Inspection {
  readonly #process: string
  readonly #tell: (inspected: Inspected) => void
  readonly #keys = new WeakMap<object, string>()
  /** Who is attached in two ways hears each event twice, as one and the same object. */
  readonly #seen = new WeakSet<InspectionEvent>()
  /** Machines whose error was told. */
  readonly #failed = new WeakSet<AnyActorRef>()
  /** How many machines of a name nobody started but the application. */
  readonly #namesakes = new Map<string, number>()
  #sessions = 0

  /** @param process names this one among those whose machines are shown together. */
  constructor(process: string, tell: (inspected: Inspected) => void) {
    this.#process = process
    this.#tell = tell
  }

  /** Takes every inspection event of a system. */
  readonly inspect = (event: InspectionEvent): void => {
    if (this.#seen.has(event)) return
    this.#seen.add(event)
    const actor = event.actorRef as AnyActorRef
    const key = this.present(actor)
    if (key === undefined) return
    const at = now()
    switch (event.type) {
      case '@xstate.event':
        this.#tell({ type: 'received', key, received: { at, event: plain(event.event) } })
        queueMicrotask(() => this.#tellFailure(actor, key))
        break
      case '@xstate.microstep':
        for (const taken of event._transitions as readonly Taken[])
          for (const step of stepOf(taken, event.event, at)) this.#tell({ type: 'step', key, step })
        break
      case '@xstate.snapshot':
        this.#tell({ type: 'snapshot', key, present: presentOf(actor, event.snapshot as AnyMachineSnapshot, at) })
        break
    }
  }

  /** Tells of the machine and of those that it has started, where that was not told yet; returns its key. */
  present(actor: AnyActorRef): string | undefined {
    const known = this.#keys.get(actor)
    if (known !== undefined) return known
    const chart = chartOf(actor as { logic?: unknown })
    if (!chart) return undefined
    const parent = this.#parentOf(actor)
    this.#sessions += 1
    const key = `${this.#process}/${this.#sessions}`
    this.#keys.set(actor, key)
    const snapshot = snapshotOf(actor)
    const present = presentOf(actor, snapshot, now())
    const name = parent === undefined ? this.#nameOf(chart.id) : actor.id
    this.#tell({
      type: 'session',
      key,
      session: { key, process: this.#process, name, parent, chart, present, steps: [], received: [] },
    })
    for (const child of Object.values(snapshot?.children ?? {})) if (child) this.present(child as AnyActorRef)
    return key
  }

  /** `election`, then `election 2`: two elections of a process would be called alike. */
  #nameOf(id: string): string {
    const count = (this.#namesakes.get(id) ?? 0) + 1
    this.#namesakes.set(id, count)
    return count === 1 ? id : `${id} ${count}`
  }

  /** Of a machine that throws XState gives no snapshot. */
  #tellFailure(actor: AnyActorRef, key: string): void {
    const snapshot = snapshotOf(actor)
    if (snapshot?.status !== 'error' || this.#failed.has(actor)) return
    this.#failed.add(actor)
    this.#tell({ type: 'snapshot', key, present: presentOf(actor, snapshot, now()) })
  }

  #parentOf(actor: AnyActorRef): string | undefined {
    const { _parent: parent } = actor
    return parent && this.#keys.get(parent)
  }
}

/** While XState makes an actor it has none, and may refuse to be asked. */
function snapshotOf(actor: AnyActorRef): AnyMachineSnapshot | undefined {
  try {
    return actor.getSnapshot()
  } catch {
    return undefined
  }
}

/** Milliseconds since 1970, with fractions. */
function now(): number {
  return performance.timeOrigin + performance.now()
}
