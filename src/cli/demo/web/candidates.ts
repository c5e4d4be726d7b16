/** The candidates as the page shows them: a pod each, with its latest process. */
import type { Inspected } from '../../../viewer/model/inspected.ts'
import { Sessions } from '../../../viewer/model/sessions.ts'
import { now } from '../cluster.ts'
import type { Replica } from '../replica.ts'
import type { Told } from './model/messages.ts'
import type { Candidate } from './model/state.ts'
import { Terms } from './model/terms.ts'

/** Of those that have ended; the timeline still shows what they led. */
const MOST_ENDED = 4

/** Tells every page. */
export type Tell = (type: string, data: object) => void

export class Candidates {
  readonly sessions = new Sessions()
  readonly terms = new Terms()
  readonly #all = new Map<string, { readonly shown: Candidate; readonly replica: Replica }>()
  readonly #tell: Tell

  constructor(tell: Tell) {
    this.#tell = tell
  }

  get all(): readonly Candidate[] {
    return [...this.#all.values()].map(({ shown }) => shown)
  }

  /** Undefined where there is none of that name. */
  find(pod: string): { readonly shown: Candidate; readonly replica: Replica } | undefined {
    return this.#all.get(pod)
  }

  /** A process has started, in a new pod or in the place of one that has ended. */
  observe(replica: Replica): void {
    const { pod } = replica
    const process = `${pod} (${replica.pid})`
    const { cutOff } = this.#all.get(pod)?.shown ?? { cutOff: 'none' }
    const fresh = { pod, process, isPaused: false, cutOff, clockOffset: 0, status: undefined, ended: undefined }
    this.#all.set(pod, { replica, shown: { ...fresh, isPodDeleted: false } })
    this.change(pod, {})
    replica.on('told', (told) => this.#note(replica, process, told))
    // Its `exited` rejects where it could not be started, which the cluster tells.
    replica.exited.then(
      (code) => this.#end(pod, process, code),
      () => this.#end(pod, process, null),
    )
  }

  change(pod: string, change: Partial<Candidate>): void {
    const known = this.#all.get(pod)
    if (!known) return
    const shown = { ...known.shown, ...change }
    this.#all.set(pod, { ...known, shown })
    this.#tell('candidate', shown)
  }

  #note({ pod }: Replica, process: string, told: Told): void {
    if (told.kind === 'inspected') {
      this.sessions.note(told.inspected)
      this.#tell('inspected', told.inspected)
      return
    }
    const term = this.terms.note(pod, process, told.status)
    if (term) this.#tell('term', term)
    if (this.#all.get(pod)?.shown.process === process) this.change(pod, { status: told.status })
  }

  #end(pod: string, process: string, code: number | null): void {
    const at = now()
    const term = this.terms.end(process, at)
    if (term) this.#tell('term', term)
    this.#endSessions(process, at)
    this.change(pod, {
      isPaused: false,
      ended: { how: code === null ? 'ended by a signal' : `ended with exit code ${code}`, at },
    })
    const ended = this.all.filter((each) => each.ended)
    for (const { pod: oldest } of ended.slice(0, -MOST_ENDED)) {
      this.#all.delete(oldest)
      this.#tell('gone', { pod: oldest })
    }
  }

  /** Those of a process that was killed have not said that they ended, and would be kept for ever. */
  #endSessions(process: string, at: number): void {
    for (const { key, process: of, present } of this.sessions.all) {
      if (of !== process || present.status !== 'active') continue
      const inspected: Inspected = { type: 'snapshot', key, present: { ...present, at, status: 'stopped', timers: [] } }
      this.sessions.note(inspected)
      this.#tell('inspected', inspected)
    }
  }
}
