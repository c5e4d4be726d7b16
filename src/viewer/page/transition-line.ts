/** The transition that was taken last, in a line: `renewal: holding → renewing`, and by which event. */
import type { Session } from '../model/inspected.ts'
import { shortId } from './chart.ts'
import { element, setText } from './dom.ts'

export class TransitionLine {
  readonly element = element('p', { class: 'transition' })
  readonly #move = element('span', { class: 'move' }, '–')
  readonly #event = element('span', { class: 'event' })

  constructor() {
    this.element.append(this.#move, this.#event)
  }

  /** Of those that were taken: the last one, or before it the last one that led elsewhere. */
  show({ chart, steps }: Pick<Session, 'chart' | 'steps'>): void {
    const step = steps.findLast(({ from, to }) => !to.includes(from)) ?? steps.at(-1)
    if (!step) return
    const [from, ...to] = [step.from, ...step.to].map((id) => shortId(chart, id))
    setText(this.#move, moveOf(from!, to))
    setText(this.#event, step.event)
    this.element.title = `${from} → ${to.join(', ')} (${step.event})`
  }
}

/** `renewal: holding → renewing`, where all of it is within one state. */
function moveOf(from: string, to: readonly string[]): string {
  const paths = [from, ...to].map((id) => id.split('.'))
  const parents = paths[0]!.slice(0, -1)
  const differs = parents.findIndex((part, index) => paths.some((path) => path[index] !== part || !path[index + 1]))
  const common = differs < 0 ? parents : parents.slice(0, differs)
  const [own, ...others] = paths.map((path) => path.slice(common.length).join('.'))
  return `${common.length > 0 ? `${common.at(-1)}: ` : ''}${own} → ${others.join(', ')}`
}
