/**
 * A machine, drawn as boxes in boxes: compound states with a title, regions of parallel ones side by side, the others as
 * pills; those that are only numbered (retry1, retry2, …) as a row of dots. Nothing moves when other states are lit.
 */
import type { ChartNode, StateValue, Step } from '../model/inspected.ts'
import { element, setAttribute } from './dom.ts'

/** Milliseconds for which what was just entered stands out. */
const FLASH = 900

export class Chart {
  readonly element: HTMLElement
  readonly #root: ChartNode
  readonly #states = new Map<string, HTMLElement>()
  readonly #flashes = new Map<HTMLElement, number>()

  /** @param label for screen readers. */
  constructor(root: ChartNode, label: string) {
    this.#root = root
    this.element = element('div', { class: 'chart', role: 'group', 'aria-label': label })
    this.element.append(this.#list(root))
  }

  /** Lights the states of this value, and no others. */
  light(value: StateValue): void {
    const lit = new Set(litOf(this.#root, value))
    for (const [id, state] of this.#states) {
      state.classList.toggle('lit', lit.has(id))
      setAttribute(state, 'aria-current', lit.has(id) && 'true')
    }
  }

  /** Lets what the step entered stand out for a moment. */
  flash({ to }: Step): void {
    for (const id of to) {
      const state = this.#states.get(id)
      if (!state) continue
      clearTimeout(this.#flashes.get(state))
      state.classList.add('entered')
      this.#flashes.set(
        state,
        window.setTimeout(() => state.classList.remove('entered'), FLASH),
      )
    }
  }

  #list({ type, states }: ChartNode): HTMLElement {
    const list = element('ul', { class: type === 'parallel' ? 'regions' : 'states' })
    list.append(...states.map((state) => this.#state(state)))
    return list
  }

  #state(node: ChartNode): HTMLElement {
    const { key, id, type, states, description } = node
    const isDots = areNumbered(states)
    const isFlat = states.every((each) => each.states.length === 0 || areNumbered(each.states))
    const kind = states.length === 0 ? 'pill' : isDots ? 'box dots' : isFlat ? 'box flat' : 'box'
    const state = element('li', { class: `state ${kind} ${type}`, title: description })
    state.append(element('span', { class: 'name' }, key))
    if (states.length > 0) state.append(isDots ? this.#dots(states) : this.#list(node))
    this.#states.set(id, state)
    return state
  }

  #dots(states: readonly ChartNode[]): HTMLElement {
    const list = element('ul', { class: 'row' })
    for (const { key, id } of states) {
      const dot = element('li', { class: 'dot', title: key }, element('span', { class: 'unseen' }, key))
      this.#states.set(id, dot)
      list.append(dot)
    }
    return list
  }
}

/** retry1, retry2, retry3: more of the same. */
function areNumbered(states: readonly ChartNode[]): boolean {
  const [first] = states
  const stem = first && /^(.*?)\d+$/.exec(first.key)?.[1]
  return (
    states.length > 2 &&
    stem !== undefined &&
    states.every(
      ({ key, states: within }) => key.startsWith(stem) && /^\d+$/.test(key.slice(stem.length)) && within.length === 0,
    )
  )
}

/** Ids of the states that the value names. */
function litOf({ states }: ChartNode, value: StateValue): string[] {
  const named = typeof value === 'string' ? { [value]: {} } : value
  return states.flatMap((state) => {
    const within = named[state.key]
    return within === undefined ? [] : [state.id, ...litOf(state, within)]
  })
}

/** `leading › renewal › holding`, for each state without states in it. */
export function pathsOf({ states }: ChartNode, value: StateValue): string[] {
  const named = typeof value === 'string' ? { [value]: {} } : value
  return states.flatMap((state) => {
    const within = named[state.key]
    if (within === undefined) return []
    const below = pathsOf(state, within)
    return below.length === 0 ? [state.key] : below.map((path) => `${state.key} › ${path}`)
  })
}

/** An id without the machine's own: `leading.renewal.holding`. */
export function shortId({ id }: ChartNode, state: string): string {
  return state.startsWith(`${id}.`) ? state.slice(id.length + 1) : state
}
