/** The Lease as `kubectl get lease -o yaml` shows it; lines that have just changed stand out for a moment. */
import { element } from '../../../../viewer/page/dom.ts'

/** Milliseconds. */
const MOMENT = 1_000

export class LeaseView {
  readonly element: HTMLElement
  readonly #text = element('pre', { tabindex: '0', 'aria-label': 'The Lease as YAML' })
  #lines: readonly string[] = []

  constructor() {
    this.element = element('section', { class: 'card lease', 'aria-labelledby': 'lease' })
    const title = element('h2', { id: 'lease' }, 'The Lease')
    this.element.append(element('header', {}, title, element('code', {}, 'kubectl get lease demo -o yaml')), this.#text)
  }

  show(yaml: string): void {
    const before = new Set(this.#lines)
    const isFirst = before.size === 0
    this.#lines = yaml.split('\n')
    const lines = this.#lines.map((line) => {
      const shown = element('span', { class: 'line' }, `${line}\n`)
      if (!isFirst && !before.has(line)) {
        shown.classList.add('changed')
        setTimeout(() => shown.classList.remove('changed'), MOMENT)
      }
      return shown
    })
    this.#text.replaceChildren(...lines)
  }
}
