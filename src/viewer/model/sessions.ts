/** The machines that are inspected, as they are now: the same on the server, for pages that come late, and on the page. */
import type { Inspected, Session } from './inspected.ts'

/** Of steps and of events that are kept of each session. */
const MOST_KEPT = 40
/** Of sessions that have ended, and are still shown. */
const MOST_ENDED = 12

export class Sessions {
  readonly #all = new Map<string, Session>()

  constructor(sessions: readonly Session[] = []) {
    for (const session of sessions) this.#all.set(session.key, session)
  }

  /** In the order in which they began. */
  get all(): readonly Session[] {
    return [...this.#all.values()]
  }

  get(key: string): Session | undefined {
    return this.#all.get(key)
  }

  /** Returns the session as it is then; undefined where it is not known (any more). */
  note(inspected: Inspected): Session | undefined {
    const before = inspected.type === 'session' ? inspected.session : this.#all.get(inspected.key)
    if (!before) return undefined
    const session = { ...before, ...changeOf(before, inspected) }
    this.#all.set(session.key, session)
    if (session.present.status !== 'active') this.#forget()
    return session
  }

  #forget(): void {
    const ended = this.all
      .filter(({ present }) => present.status !== 'active')
      .sort((a, b) => a.present.at - b.present.at) // who began first may have ended last
    for (const { key } of ended.slice(0, -MOST_ENDED)) this.#all.delete(key)
  }
}

function changeOf({ steps, received }: Session, inspected: Inspected): Partial<Session> {
  switch (inspected.type) {
    case 'session':
      return {}
    case 'snapshot':
      return { present: inspected.present }
    case 'step':
      return { steps: [...steps, inspected.step].slice(-MOST_KEPT) }
    case 'received':
      return { received: [...received, inspected.received].slice(-MOST_KEPT) }
  }
}
