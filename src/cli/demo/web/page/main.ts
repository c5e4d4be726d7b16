/** The demo's page: who leads, the candidates, the timeline, the Lease and the requests. */
import '../../../../viewer/page/page.css'
import './demo.css'
import type { Inspected } from '../../../../viewer/model/inspected.ts'
import { act, connect } from '../../../../viewer/page/connection.ts'
import { button, element, setChildren, setText } from '../../../../viewer/page/dom.ts'
import { everyMoment, seconds, serverNow, setTime } from '../../../../viewer/page/time.ts'
import type { Action, Candidate, DemoState, RequestLine } from '../model/state.ts'
import type { Term } from '../model/terms.ts'
import { CandidatePanel } from './candidate-panel.ts'
import { LeaseView } from './lease-view.ts'
import { RequestView } from './request-view.ts'
import { TimelineView } from './timeline.ts'
import { View } from './view.ts'

/** Milliseconds for which a message stays. */
const MESSAGE = 8_000

let view: View | undefined
let isConnected = false
const panels = new Map<string, CandidatePanel>()
let timeline = new TimelineView()
let lease = new LeaseView()
let requests = new RequestView(0)

const leader = element('p', { class: 'leader', role: 'status', 'aria-live': 'polite' }, 'connecting …')
const since = element('span', { class: 'since', 'aria-hidden': 'true' })
const message = element('p', { class: 'message', role: 'alert' })
const outage = button('API outage', () => void perform({ action: 'outage', on: !isOutage() }), {
  'aria-pressed': 'false',
})
const add = button('Add a candidate', () => void perform({ action: 'add' }))
const grid = element('div', { class: 'panels', role: 'group', 'aria-label': 'Candidates' })
const lower = element('div', { class: 'lower' })
const actions = element('div', { class: 'buttons' }, outage, add)
document.body.append(
  element('header', { class: 'top' }, element('h1', {}, 'Leader election'), leader, since, actions),
  message,
  element('main', {}, grid, lower),
)

connect({
  on: {
    state: begin,
    inspected(inspected: Inspected) {
      const session = view?.sessions.note(inspected)
      const owner = view?.ownerOf(inspected)
      if (session && owner && session.parent === undefined) panels.get(owner.pod)?.showSession(session)
    },
    candidate: showCandidate,
    gone({ pod }: { readonly pod: string }) {
      view?.candidates.delete(pod)
      panels.delete(pod)
      arrange()
    },
    term(term: Term) {
      view?.terms.put(term)
      tick()
    },
    lease: ({ lease: yaml }: { readonly lease: string }) => lease.show(yaml),
    request: (line: RequestLine) => requests.show(line),
    outage: ({ isOutage }: { readonly isOutage: boolean }) => showOutage(isOutage),
  },
  onConnection(isOpen) {
    isConnected = isOpen
    document.body.classList.toggle('cut', !isOpen)
    if (!isOpen) say('The demo has ended, or does not answer: what is shown is the last of it.')
  },
})
everyMoment(() => {
  if (isConnected) tick() // or nothing is known of what time goes by for
})

/** All that there is: also after the stream was interrupted. */
function begin(state: DemoState): void {
  setTime(state.now)
  view = new View(state)
  panels.clear()
  timeline = new TimelineView()
  lease = new LeaseView()
  requests = new RequestView(state.startedAt)
  lower.replaceChildren(timeline.element, lease.element, requests.element)
  for (const candidate of state.candidates) showCandidate(candidate)
  arrange()
  lease.show(state.lease)
  for (const line of state.requests) requests.show(line)
  showOutage(state.isOutage)
  setText(message, '')
  tick()
}

function showCandidate(candidate: Candidate): void {
  if (!view) return
  view.candidates.set(candidate.pod, candidate)
  const panel = panels.get(candidate.pod)
  if (panel) panel.show(candidate)
  else panels.set(candidate.pod, new CandidatePanel(candidate, (action) => void perform(action)))
  const session = view.sessionOf(candidate)
  if (!panel && session) panels.get(candidate.pod)!.showSession(session)
  if (!panel) arrange()
}

function arrange(): void {
  setChildren(
    grid,
    [...panels.values()].map((panel) => panel.element),
  )
}

function tick(): void {
  if (!view) return
  for (const panel of panels.values()) panel.tick()
  timeline.show(view.terms, [...view.candidates.keys()], view.startedAt)
  const now = serverNow()
  const leaders = view.terms.leaders(now)
  const [first] = leaders
  const words =
    leaders.length > 1
      ? `${leaders.map(({ pod }) => pod).join(' and ')} lead at once`
      : first
        ? `${first.pod} leads, fencing token ${first.fencingToken}`
        : 'nobody leads'
  setText(leader, words) // spoken when it changes: the time beside it is not
  leader.dataset.kind = leaders.length > 1 ? 'bad' : first ? 'led' : 'vacant'
  const from = first ? first.spans[0]!.from : view.terms.gaps(now).at(-1)?.from
  setText(since, from === undefined ? '' : `for ${seconds(now - from)}`)
}

function isOutage(): boolean {
  return outage.getAttribute('aria-pressed') === 'true'
}

function showOutage(on: boolean): void {
  outage.setAttribute('aria-pressed', String(on))
}

async function perform(action: Action): Promise<void> {
  const refusal = await act(action)
  if (refusal) say(refusal)
}

function say(text: string): void {
  setText(message, text)
  setTimeout(() => {
    if (message.textContent === text && !document.body.classList.contains('cut')) setText(message, '')
  }, MESSAGE)
}
