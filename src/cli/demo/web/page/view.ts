/** What the page knows, kept as the server keeps it, by what the server tells. */
import type { Inspected, Session } from '../../../../viewer/model/inspected.ts'
import { Sessions } from '../../../../viewer/model/sessions.ts'
import type { Candidate, DemoState } from '../model/state.ts'
import { Terms } from '../model/terms.ts'

export class View {
  readonly startedAt: number
  readonly sessions: Sessions
  readonly terms: Terms
  readonly candidates: Map<string, Candidate>

  constructor({ startedAt, sessions, terms, candidates }: DemoState) {
    this.startedAt = startedAt
    this.sessions = new Sessions(sessions)
    this.terms = new Terms(terms)
    this.candidates = new Map(candidates.map((candidate) => [candidate.pod, candidate]))
  }

  /** The election of the candidate's present process; undefined before it has begun. */
  sessionOf({ process }: Candidate): Session | undefined {
    return this.sessions.all.findLast((session) => session.process === process && session.parent === undefined)
  }

  /** Whose election that was; undefined where its process is not the present one. */
  ownerOf({ key }: Inspected): Candidate | undefined {
    const session = this.sessions.get(key)
    return session && [...this.candidates.values()].find(({ process }) => process === session.process)
  }
}
