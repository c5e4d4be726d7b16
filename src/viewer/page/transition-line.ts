/** The transition that was taken last, in a line: `holding → renewing  (after renewInterval)`. */
import type { ChartNode, Step } from '../model/inspected.ts'
import { shortId } from './chart.ts'
import { element, setText } from './dom.ts'

export class TransitionLine {
  readonly element = element('p', { class: 'transition' })
  readonly #move = element('span', { class: 'move' }, '–')
  readonly #event = element('span', { class: 'event' })

  constructor() {
    this.element.append(this.#move, this.#event)
  }

  show(chart: ChartNode, step: Step | undefined): void {
    if (!step) return
    const [from, ...to] = [step.from, ...step.to].map((id) => shortId(chart, id))
    setText(this.#move, `${withoutCommon(from!, to[0]!)} → ${to.join(', ')}`)
    setText(this.#event, step.event)
    this.element.title = `${from} → ${to.join(', ')} (${step.event})`
  }
}

/** Where both are in the same state, its name is said once: in what is entered. */
function withoutCommon(from: string, to: string): string {
  const parts = from.split('.')
  const others = to.split('.')
  const common = parts.findIndex((part, index) => part !== others[index])
  return common < 0 ? parts.at(-1)! : parts.slice(common).join('.')
}
