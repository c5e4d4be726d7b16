/** Who led when: a lane for each pod, its terms as bars with their tokens; beneath it when nobody led, and when two did. */
import { element, setChildren, setText } from '../../../../viewer/page/dom.ts'
import { seconds, serverNow } from '../../../../viewer/page/time.ts'
import { type Stretch, spansOf, type Term, type Terms } from '../model/terms.ts'

/** Milliseconds that are shown, up to now. */
const WINDOW = 120_000
const TICKS = [120, 90, 60, 30, 0]

interface Bar {
  readonly key: string
  readonly from: number
  readonly until: number
  readonly text: string
  readonly title: string
}

class Lane {
  readonly element: HTMLElement
  readonly #track = element('div', { class: 'track' })
  readonly #bars = new Map<string, HTMLElement>()

  constructor(name: string, kind: string) {
    this.element = element('div', { class: `lane ${kind}` }, element('span', { class: 'lane-name' }, name), this.#track)
  }

  show(bars: readonly Bar[], now: number): void {
    const start = now - WINDOW
    const shown = bars.filter(({ until }) => until > start)
    const elements = shown.map(({ key, from, until, text, title }) => {
      const bar = this.#bars.get(key) ?? element('div', { class: 'bar' }, element('span'))
      this.#bars.set(key, bar)
      const left = Math.max(0, (100 * (from - start)) / WINDOW)
      bar.style.left = `${left.toFixed(3)}%`
      bar.style.width = `${((100 * (until - start)) / WINDOW - left).toFixed(3)}%`
      setText(bar.firstElementChild!, text)
      if (bar.title !== title) bar.title = title
      return bar
    })
    for (const key of this.#bars.keys()) if (!shown.some((bar) => bar.key === key)) this.#bars.delete(key)
    setChildren(this.#track, elements)
  }
}

export class TimelineView {
  readonly element: HTMLElement
  readonly #lanes = element('div', { class: 'lanes' })
  readonly #byPod = new Map<string, Lane>()
  readonly #nobody = new Lane('nobody', 'nobody')
  readonly #overlaps = new Lane('overlaps', 'overlaps')
  readonly #summary = element('p', { class: 'summary' })
  readonly #rows = element('tbody')
  #rowsShown = ''

  constructor() {
    const heading = element('h2', { id: 'timeline' }, 'Who led when')
    const scale = element('div', { class: 'scale', 'aria-hidden': 'true' })
    scale.append(...TICKS.map((tick) => element('span', {}, tick === 0 ? 'now' : `−${tick} s`)))
    const head = element('tr')
    for (const name of ['Candidate', 'Fencing token', 'From', 'Until', 'Nobody before'])
      head.append(element('th', { scope: 'col' }, name))
    const table = element('table', {}, element('thead', {}, head), this.#rows)
    const scrolled = element('div', { class: 'scrolled', tabindex: '0', role: 'group', 'aria-label': 'Terms' }, table)
    this.element = element('section', { class: 'card timeline', 'aria-labelledby': 'timeline' })
    this.element.append(
      element('header', {}, heading, this.#summary),
      element('div', { class: 'plot', 'aria-hidden': 'true' }, this.#lanes, scale),
      element('details', {}, element('summary', {}, 'As a table'), scrolled),
    )
  }

  /** @param pods those that are there; those that led are shown too, as long as their terms are in view. */
  show(terms: Terms, pods: readonly string[], startedAt: number): void {
    const now = serverNow()
    const inView = terms.all.filter((term) => spansOf(term, now).some(({ until }) => until > now - WINDOW))
    const shown = [...new Set([...inView.map(({ pod }) => pod), ...pods])].sort(byNumber)
    const lanes = shown.map((pod) => {
      const lane = this.#byPod.get(pod) ?? new Lane(pod, 'pod')
      this.#byPod.set(pod, lane)
      lane.show(
        barsOf(
          inView.filter((term) => term.pod === pod),
          now,
        ),
        now,
      )
      return lane.element
    })
    const gaps = terms.gaps(now)
    const overlaps = terms.overlaps(now)
    this.#nobody.show(gaps.map(stretched), now)
    this.#overlaps.show(overlaps.map(stretched), now)
    setChildren(this.#lanes, [...lanes, this.#nobody.element, this.#overlaps.element])
    const longest = Math.max(0, ...gaps.map(({ from, until }) => until - from))
    const count = terms.all.length === 1 ? '1 term' : `${terms.all.length} terms`
    const overlapping = `${overlaps.length} ${overlaps.length === 1 ? 'overlap' : 'overlaps'}`
    setText(this.#summary, `${count} · longest time without a leader ${duration(longest)} · ${overlapping}`)
    this.element.classList.toggle('bad', overlaps.length > 0)
    this.#showRows(terms, gaps, startedAt)
  }

  /** Written anew only where something else stands in it. */
  #showRows(terms: Terms, gaps: readonly Stretch[], startedAt: number): void {
    const since = (at: number) => `${((at - startedAt) / 1000).toFixed(3)} s`
    const rows = terms.all.map(({ pod, fencingToken, spans }) => {
      const from = spans[0]!.from
      const until = spans.at(-1)!.until
      const gap = gaps.find((each) => each.until === from)
      return [pod, fencingToken, since(from), until ? since(until) : '', gap ? duration(gap.until - gap.from) : '–']
    })
    const text = JSON.stringify(rows)
    if (text === this.#rowsShown) return
    this.#rowsShown = text
    const cells = (row: readonly string[]) => row.map((cell) => element('td', {}, cell))
    this.#rows.replaceChildren(...rows.reverse().map((row) => element('tr', {}, ...cells(row))))
  }
}

function barsOf(terms: readonly Term[], now: number): Bar[] {
  return terms.flatMap((term) =>
    spansOf(term, now).map(({ from, until }, index) => ({
      key: `${term.process}/${term.fencingToken}/${index}`,
      from,
      until,
      text: term.fencingToken,
      title: `${term.pod} led for ${seconds(until - from)}, fencing token ${term.fencingToken}`,
    })),
  )
}

function stretched({ from, until, pods }: Stretch): Bar {
  const text = duration(until - from)
  return { key: String(from), from, until, text, title: pods.length > 0 ? `${pods.join(' and ')}: ${text}` : text }
}

function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${milliseconds.toFixed(0)} ms` : seconds(milliseconds)
}

/** web-2 before web-10. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
