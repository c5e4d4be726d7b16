/** Who wants to hear of which events, in this and later elections. */
import { ConfigurationError } from '../errors.ts'
import { display } from '../options/validation.ts'
import { type ElectionEmitted, EVENT_TYPES } from '../statechart/types.ts'
import { isolate } from './isolation.ts'

/** The events that a listener may ask for: see `ElectionEmitted`. */
export type ElectionEventType = ElectionEmitted['type']
/** Called with each event of that type. What it throws is an uncaught exception of its own, and not the election's. */
export type ElectionListener<Type extends ElectionEventType> = (event: Extract<ElectionEmitted, { type: Type }>) => void

export class Listeners {
  readonly #listeners = new Map<ElectionEventType, Set<(event: never) => void>>()

  /** @throws ConfigurationError for an event that there is not, or a listener that is no function. */
  add<Type extends ElectionEventType>(type: Type, listener: ElectionListener<Type>): () => void {
    if (!EVENT_TYPES.includes(type)) {
      const types = EVENT_TYPES.map((each) => `"${each}"`).join(', ')
      throw new ConfigurationError(`there is no event ${display(type)}; expected one of ${types}.`)
    }
    if (typeof listener !== 'function') {
      throw new ConfigurationError(`the listener for "${type}" is ${display(listener)}; expected a function.`)
    }
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  tell(event: ElectionEmitted): void {
    for (const listener of this.#listeners.get(event.type) ?? []) isolate(() => listener(event as never))
  }
}
