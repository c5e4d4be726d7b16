/** Who inspects the elections of a `LeaderElection`: the present one and those that it begins later. */
import type { ElectionActor } from '../election-machine.ts'
import { ConfigurationError } from '../errors.ts'
import { display } from '../options/validation.ts'
import { type Inspector, isolated } from './isolation.ts'

export class Inspectors {
  #all: readonly Inspector[] = []
  #actor: ElectionActor | undefined

  /** Returns a function that ends it. */
  add(inspector: Inspector): () => void {
    if (typeof inspector !== 'function') {
      throw new ConfigurationError(`the inspector is ${display(inspector)}; expected a function.`)
    }
    const inspect: Inspector = isolated((event) => this.#all.includes(inspect) && inspector(event))
    this.#all = [...this.#all, inspect]
    if (this.#actor?.getSnapshot().status === 'active') show(this.#actor, inspect)
    return () => {
      this.#all = this.#all.filter((each) => each !== inspect)
    }
  }

  /** From now on this is the present election. */
  attach(actor: ElectionActor): void {
    this.#actor = actor
    for (const inspect of this.#all) show(actor, inspect)
  }
}

/** The actor was created before: XState has told that already. */
function show(actor: ElectionActor, inspect: Inspector): void {
  actor.system.inspect(inspect)
  inspect({ type: '@xstate.actor', rootId: actor.sessionId, actorRef: actor })
}
