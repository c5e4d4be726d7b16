/** The requests that reach the API server, the latest first; those that a fault strikes are marked. */
import { element, setText } from '../../../../viewer/page/dom.ts'
import type { RequestLine } from '../model/state.ts'

const MOST_SHOWN = 60

export class RequestView {
  readonly element: HTMLElement
  readonly #rows = element('tbody')
  readonly #byId = new Map<number, HTMLElement>()
  readonly #startedAt: number
  #latest = -1

  constructor(startedAt: number) {
    this.#startedAt = startedAt
    this.element = element('section', { class: 'card requests', 'aria-labelledby': 'requests' })
    const head = element('tr')
    for (const name of ['At', 'From', 'Request', 'Answer']) head.append(element('th', { scope: 'col' }, name))
    const table = element('table', {}, element('thead', {}, head), this.#rows)
    this.element.append(
      element('header', {}, element('h2', { id: 'requests' }, 'Requests')),
      element(
        'div',
        { class: 'scrolled', tabindex: '0', role: 'group', 'aria-label': 'Requests, the latest first' },
        table,
      ),
    )
  }

  show({ id, at, identity, what, status, fault }: RequestLine): void {
    const known = this.#byId.get(id)
    if (!known && id <= this.#latest) return // its row is gone already
    this.#latest = Math.max(this.#latest, id)
    const row = known ?? element('tr', {}, ...Array.from({ length: 4 }, () => element('td')))
    const answer = [status === undefined ? (fault ? '' : '…') : String(status), fault ?? ''].filter(Boolean).join(', ')
    const time = `${((at - this.#startedAt) / 1000).toFixed(2)} s`
    for (const [index, text] of [time, identity, what, answer].entries()) setText(row.children[index]!, text)
    row.classList.toggle('struck', fault !== undefined)
    row.classList.toggle('refused', fault === undefined && status !== undefined && status >= 400)
    if (known) return
    this.#byId.set(id, row)
    this.#rows.prepend(row)
    while (this.#rows.children.length > MOST_SHOWN) this.#rows.lastElementChild!.remove()
    this.#byId.delete(id - 2 * MOST_SHOWN)
  }
}
