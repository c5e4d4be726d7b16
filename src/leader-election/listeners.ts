/** Who wants to hear of which events, in this and later elections. */
import { ConfigurationError } from '../errors.ts'
import { display } from '../options/validation.ts'
import { type ElectionEmitted, EVENT_TYPES } from '../statechart/types.ts'
import { isolate } from './isolation.ts'

/** The events that a listener may ask for: see `ElectionEmitted`. */
export type ElectionEventType = ElectionEmitted['type']
/** Called with each event of that type. What it throws is an uncaught exception of its own, and not the election's. */
export type ElectionListener<Type extends ElectionEventType> = (event: Extract<ElectionEmitted, { type: Type }>) => void

interface Listening {
  readonly type: ElectionEventType
  readonly listener: (event: never) => void
}

export class Listeners {
  #all: readonly Listening[] = []

  /** @throws ConfigurationError for an event that there is not, or a listener that is no function. */
  add<Type extends ElectionEventType>(type: Type, listener: ElectionListener<Type>): () => void {
    if (!EVENT_TYPES.includes(type)) {
      const types = EVENT_TYPES.map((each) => `"${each}"`).join(', ')
      throw new ConfigurationError(`there is no event ${display(type)}; expected one of ${types}.`)
    }
    if (typeof listener !== 'function') {
      throw new ConfigurationError(`the listener for "${type}" is ${display(listener)}; expected a function.`)
    }
    const isOther = (each: Listening) => each.type !== type || each.listener !== listener
    // One that listens already is called once all the same.
    this.#all = this.#all.filter(isOther).concat({ type, listener })
    return () => {
      this.#all = this.#all.filter(isOther)
    }
  }

  /** Those who listen now; who is taken away meanwhile is not told. */
  tell(event: ElectionEmitted): void {
    for (const each of this.#all) {
      if (each.type === event.type && this.#all.includes(each)) isolate(() => each.listener(event as never))
    }
  }
}
