/** A candidate: what it is now, its statechart, its countdowns, and what can be done to it. */
import type { Session } from '../../../../viewer/model/inspected.ts'
import { Chart, pathsOf } from '../../../../viewer/page/chart.ts'
import { element, setAttribute, setText } from '../../../../viewer/page/dom.ts'
import { serverNow } from '../../../../viewer/page/time.ts'
import { TransitionLine } from '../../../../viewer/page/transition-line.ts'
import type { Candidate } from '../model/state.ts'
import { Controls, type Do } from './controls.ts'
import { Countdowns } from './countdowns.ts'

const CUT_OFF = {
  none: '',
  requests: 'its requests are lost',
  answers: 'answers to it are lost',
  both: 'cut off',
} as const

export class CandidatePanel {
  readonly element: HTMLElement
  readonly #badge = element('span', { class: 'badge' })
  readonly #process = element('span', { class: 'origin' })
  readonly #note = element('p', { class: 'note' })
  readonly #place = element('div', { class: 'place' })
  readonly #transition = new TransitionLine()
  readonly #countdowns = new Countdowns()
  readonly #controls: Controls
  #chart: { readonly key: string; readonly chart: Chart; readonly root: Session['chart'] } | undefined
  #candidate: Candidate
  #session: Session | undefined

  constructor(candidate: Candidate, perform: Do) {
    this.#candidate = candidate
    const { pod } = candidate
    this.#controls = new Controls(candidate, perform)
    this.element = element('article', { class: 'panel', 'aria-label': pod, 'data-pod': pod })
    this.element.append(
      element('header', {}, element('h2', {}, pod), this.#process, this.#badge),
      this.#transition.element,
      this.#place,
      this.#countdowns.element,
      this.#note,
      this.#controls.element,
    )
    this.show(candidate)
  }

  show(candidate: Candidate): void {
    this.#candidate = candidate
    setText(
      this.#process,
      candidate.process
        .slice(candidate.pod.length + 1)
        .replace('(', 'process ')
        .replace(')', ''),
    )
    this.#controls.show(candidate)
    this.tick()
  }

  /** Of the present process. */
  showSession(session: Session): void {
    const isNew = this.#chart?.key !== session.key
    if (isNew) {
      const chart = new Chart(session.chart, `Statechart of ${this.#candidate.pod}`)
      this.#chart = { key: session.key, chart, root: session.chart }
      this.#place.replaceChildren(chart.element)
    }
    const stepped = this.#session?.steps !== session.steps && session.steps.at(-1)
    this.#session = session
    this.#chart!.chart.light(session.present.value)
    this.#transition.show(session)
    if (stepped && !isNew) this.#chart!.chart.flash(stepped)
    this.tick()
  }

  /** What changes with time alone. */
  tick(): void {
    const { ended, isPaused, status, isPodDeleted, cutOff, clockOffset } = this.#candidate
    const validFor = status ? status.at + status.validFor - serverNow() : 0
    const leads = !ended && status?.isLeading === true && validFor > 0
    const state = ended || isPodDeleted ? 'ended' : isPaused ? 'paused' : leads ? 'leads' : status ? 'stands' : 'starts'
    setAttribute(this.element, 'data-state', state)
    setAttribute(this.element, 'data-leads', leads)
    setText(this.#badge, this.#words(state, leads))
    const timers = ended ? [] : (this.#session?.present.timers ?? [])
    this.#countdowns.show(timers)
    const clock =
      clockOffset === 0 ? '' : `wall clock ${clockOffset > 0 ? '+' : '−'}${Math.abs(clockOffset / 3_600_000)} h`
    const told = [isPodDeleted ? 'pod deleted' : '', ended?.how ?? '', CUT_OFF[cutOff], clock].filter(Boolean)
    setText(this.#note, told.join(' · '))
  }

  #words(state: string, leads: boolean): string {
    const { status } = this.#candidate
    const token = leads ? `, token ${status?.fencingToken}` : ''
    if (state === 'paused') return leads ? `paused, leads${token}` : 'paused'
    if (state === 'leads') return `leads${token}`
    if (state !== 'stands') return state
    const paths = this.#session ? pathsOf(this.#session.chart, this.#session.present.value) : []
    return paths.includes('observing › following') ? 'follows' : (paths[0]?.split(' › ')[0] ?? 'stands')
  }
}
