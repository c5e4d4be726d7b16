/** The viewer's page: a panel for each machine. */
import './page.css'
import type { Inspected, Session } from '../model/inspected.ts'
import { Sessions } from '../model/sessions.ts'
import { connect } from './connection.ts'
import { element, setChildren, setText } from './dom.ts'
import { SessionPanel } from './session-panel.ts'
import { everyMoment, setTime } from './time.ts'

let sessions = new Sessions()
let isConnected = false
const panels = new Map<string, SessionPanel>()

const status = element('p', { class: 'status', role: 'status' }, 'connecting …')
const grid = element('main', { class: 'panels' })
const title = element('h1', {}, document.title)
document.body.append(element('header', { class: 'top' }, title, status), grid)

connect({
  on: {
    state({ now, sessions: all }: { readonly now: number; readonly sessions: readonly Session[] }) {
      setTime(now)
      sessions = new Sessions(all)
      panels.clear()
      for (const session of all) show(session)
      arrange()
    },
    inspected(inspected: Inspected) {
      const session = sessions.note(inspected)
      if (session) show(session)
      if (inspected.type !== 'received') arrange()
    },
  },
  onConnection(isOpen) {
    isConnected = isOpen
    document.body.classList.toggle('cut', !isOpen)
    const cut = 'the process has ended, or does not answer: what is shown is the last of it'
    setText(status, isOpen ? 'connected' : cut)
  },
})

everyMoment(() => {
  if (!isConnected) return
  for (const panel of panels.values()) panel.tick()
})

function show(session: Session): void {
  const panel = panels.get(session.key)
  if (panel) panel.show(session)
  else panels.set(session.key, new SessionPanel(session, sessions.get(session.parent ?? '')))
}

/** Those that run come first. */
function arrange(): void {
  const isActive = ({ present }: Session) => present.status === 'active'
  const ordered = [...sessions.all.filter(isActive), ...sessions.all.filter((session) => !isActive(session))]
  for (const key of panels.keys()) if (!sessions.get(key)) panels.delete(key)
  setChildren(
    grid,
    ordered.map(({ key }) => panels.get(key)!.element),
  )
}
