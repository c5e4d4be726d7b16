/** A machine of any kind: its chart, what it did last, what it waits for, what it knows. */
import type { Plain, Session } from '../model/inspected.ts'
import { Chart, pathsOf } from './chart.ts'
import { element, setText } from './dom.ts'
import { seconds, serverNow } from './time.ts'
import { TransitionLine } from './transition-line.ts'

const STATUS = { active: 'runs', done: 'done', error: 'ended with an error', stopped: 'stopped' } as const
/** Rows that are kept free, so that nothing moves. */
const TIMERS = 4
const SHOWN_EVENTS = 12

export class SessionPanel {
  readonly element: HTMLElement
  readonly #chart: Chart
  readonly #status = element('span', { class: 'badge' })
  readonly #states = element('p', { class: 'paths' })
  readonly #transition = new TransitionLine()
  readonly #timers: readonly HTMLElement[]
  readonly #events = element('ol', { class: 'events', tabindex: '0', 'aria-label': 'Events, the latest first' })
  readonly #context = element('pre', { tabindex: '0' })
  readonly #children = element('p', { class: 'children' })
  #session: Session

  constructor(session: Session, parent: Session | undefined) {
    this.#session = session
    const { name, process, key, chart } = session
    const title = element('h2', {}, name)
    const origin = element('span', { class: 'origin' }, parent ? `${process}, of ${parent.name}` : process)
    this.#chart = new Chart(chart, `Statechart of ${name}`)
    this.#timers = Array.from({ length: TIMERS }, () => element('li'))
    this.element = element('article', { class: 'panel', 'data-key': key, 'aria-label': `${name}, ${process}` })
    this.element.append(
      element('header', {}, title, origin, this.#status),
      this.#transition.element,
      this.#chart.element,
      this.#states,
      element('ul', { class: 'timers', 'aria-label': 'What it waits for' }, ...this.#timers),
      this.#children,
      element('details', { open: true }, element('summary', {}, 'Events'), this.#events),
      element('details', {}, element('summary', {}, 'Context'), this.#context),
    )
    this.show(session)
    for (const step of session.steps.slice(-1)) this.#chart.flash(step)
  }

  show(session: Session): void {
    const stepped = session.steps !== this.#session.steps && session.steps.at(-1)
    this.#session = session
    const { chart, present, received } = session
    this.element.classList.toggle('ended', present.status !== 'active')
    setText(this.#status, STATUS[present.status])
    this.#chart.light(present.value)
    setText(this.#states, pathsOf(chart, present.value).join(' · '))
    this.#transition.show(session)
    if (stepped) this.#chart.flash(stepped)
    setText(this.#children, present.children.length > 0 ? `runs: ${present.children.join(', ')}` : 'runs nothing')
    const outcome = present.outcome === null ? {} : { outcome: present.outcome }
    setText(this.#context, JSON.stringify({ context: present.context, ...outcome }, null, 2))
    this.#showEvents(received.slice(-SHOWN_EVENTS).reverse())
    this.tick()
  }

  /** Countdowns. */
  tick(): void {
    const { timers } = this.#session.present
    this.#timers.forEach((row, index) => {
      const timer = timers[index]
      const more = index === TIMERS - 1 && timers.length > TIMERS ? ` (and ${timers.length - TIMERS} more)` : ''
      setText(row, timer ? `${timer.event}: ${seconds(Math.max(0, timer.dueAt - serverNow()))}${more}` : '')
    })
  }

  #showEvents(received: Session['received']): void {
    const rows = received.map(({ at, event }) => {
      const { type, ...payload } = event as { readonly type: string; readonly [name: string]: Plain }
      const told = Object.keys(payload).length > 0 ? ` ${JSON.stringify(payload)}` : ''
      const time = new Date(at).toISOString().slice(11, 23)
      return element('li', {}, element('time', {}, time), ` ${type}`, element('span', { class: 'payload' }, told))
    })
    this.#events.replaceChildren(...rows)
  }
}
