/** How one candidate goes on: the real statechart's pure transitions, its timers and requests kept as data. */
import { type EventObject, initialTransition, type SnapshotFrom, transition } from 'xstate'
import { isLeading } from '../../src/election-machine.ts'
import { UNMEASURED } from '../../src/lease/attempt.ts'
import type { LeaseRecord } from '../../src/lease/record.ts'
import type { ElectionEmitted } from '../../src/statechart/types.ts'
import { awaited, type Candidate, type Draft, keyOf, type Request, type Step, type Timer } from './candidate.ts'
import { type Chart, chart, NEVER, type Protocol } from './protocol.ts'
import { NOW, type Renaming, recent, renamed, type Shift, shifted, VERSION, versionsIn } from './relative.ts'
import { inputOf, type Name, RETRY_BACKOFFS, type Scenario } from './scenario.ts'
import { type Answer, type Call, preconditionsOf } from './server.ts'
import { NO_ANSWER, type RequestService, type ServiceInput, Services } from './services.ts'

type Snapshot = SnapshotFrom<Chart>
/** What `transition` returns. */
type Outcome = readonly [Snapshot, readonly { readonly type: string; readonly params: unknown }[]]

const REQUESTS: readonly string[] = ['readLease', 'claimLease', 'renewLease', 'releaseLease']
const TIMEOUT = 'timeout'

export class CandidateModel {
  readonly #scenario: Scenario
  readonly #chart: Chart
  readonly #services: Services
  readonly #known = new Map<string, Candidate>()

  constructor(protocol: Protocol, scenario: Scenario) {
    this.#scenario = scenario
    this.#chart = protocol.chart(chart(RETRY_BACKOFFS))
    this.#services = new Services(protocol)
  }

  get size(): number {
    return this.#known.size
  }

  down(name: Name): Candidate {
    return this.#intern({
      name,
      starts: 0,
      asked: 0,
      isAtWork: false,
      snapshot: undefined,
      timers: [],
      requests: [],
    })
  }

  start(candidate: Candidate): Step {
    const starts = candidate.starts + 1
    const input = inputOf(this.#scenario, candidate.name, starts)
    const outcome = initialTransition(this.#chart, input) as unknown as Outcome
    const step = new Draughtsman(this.#services, { ...candidate, starts }, this.#scenario).take(outcome)
    return this.#finish(this.#scenario.watch ? step.send(this.#chart, { type: 'watchOpened', at: NOW }) : step)
  }

  /** The process is gone at once; what it has sent is not. */
  crash(candidate: Candidate): Step {
    const requests = candidate.requests.filter(isPending).map(abandoned)
    return this.#done({ ...candidate, isAtWork: false, snapshot: undefined, timers: [], requests })
  }

  send(candidate: Candidate, event: EventObject & Record<string, unknown>): Step {
    return this.#finish(this.#draft(candidate).send(this.#chart, event))
  }

  /** The watch tells of the Lease as it is now. */
  hear(candidate: Candidate, record: LeaseRecord): Step {
    return this.send(candidate, { type: 'leaseChanged', record, at: NOW })
  }

  endWork(candidate: Candidate): Step {
    return this.send({ ...candidate, isAtWork: false }, { type: 'workEnded' })
  }

  async fire(candidate: Candidate, timer: Timer): Promise<Step> {
    const left = { ...candidate, timers: candidate.timers.filter((each) => each !== timer) }
    return timer.type === undefined ? this.settle(left, NO_ANSWER) : this.send(left, { type: timer.type })
  }

  /** The service that waits gets its answer, or none. */
  async settle(candidate: Candidate, answer: Answer | typeof NO_ANSWER): Promise<Step> {
    const request = awaited(candidate)!
    const { invoke, service, input, sentAt } = request
    const settled = await this.#services.settle(service, input, sentAt, answer)
    const others = candidate.requests.filter((each) => each !== request)
    const left = isPending(request) ? [...others, abandoned(request)] : others
    const timers = candidate.timers.filter(({ id }) => id !== TIMEOUT)
    const kind = 'output' in settled ? 'done' : 'error'
    const event = { type: `xstate.${kind}.actor.${invoke}`, actorId: invoke, ...settled }
    return this.send({ ...candidate, requests: left, timers }, event)
  }

  /** The server has carried out the request. */
  carriedOut(candidate: Candidate, request: Request, answer: Answer): Step {
    const requests = candidate.requests.flatMap((each) => {
      if (each !== request) return each
      return each.isAwaited ? { ...each, answer } : []
    })
    return this.#done({ ...candidate, requests })
  }

  shift(candidate: Candidate, shift: Shift): Step {
    const { snapshot, timers, requests } = candidate
    return this.#done({
      ...candidate,
      snapshot: snapshot && ({ ...snapshot, context: shifted(snapshot.context, shift) } as Snapshot),
      timers: shifted(timers, shift),
      requests: shifted(requests, shift).filter(
        (request) => request.isAwaited || !isMoot(request.call!, this.#scenario, shift),
      ),
    })
  }

  rename(candidate: Candidate, names: Renaming): Step {
    const { snapshot, requests } = candidate
    return this.#done({
      ...candidate,
      snapshot: snapshot && ({ ...snapshot, context: renamed(snapshot.context, names) } as Snapshot),
      requests: renamed(requests, names),
    })
  }

  #draft(candidate: Candidate): Draughtsman {
    return new Draughtsman(this.#services, candidate, this.#scenario)
  }

  #finish({ draft, tokens, violations }: Draughtsman): Step {
    return { next: this.#intern(draft), tokens, violations }
  }

  #done(draft: Draft): Step {
    return { next: this.#intern(draft), tokens: [], violations: [] }
  }

  #intern({ name, starts, asked, isAtWork, snapshot, timers, requests }: Draft): Candidate {
    const draft: Draft = {
      name,
      starts,
      asked,
      isAtWork,
      snapshot: snapshot && atRest(snapshot),
      timers: inOrder(timers),
      requests: sorted(requests.filter((each) => each.isAwaited || !isMoot(each.call!, this.#scenario))).map(
        (each) => ({
          ...each,
          sentAt: recent(each.sentAt),
        }),
      ),
    }
    const key = keyOf(draft)
    const known = this.#known.get(key)
    if (known) return known
    const leads = snapshot !== undefined && isLeading(snapshot as never, NOW)
    const versions = [...versionsIn([draft.snapshot?.context, draft.requests])].filter((version) => version !== VERSION)
    const candidate = { ...draft, id: this.#known.size, leads, versions, steps: new Map() }
    this.#known.set(key, candidate)
    return candidate
  }
}

/** Carries out what the statechart orders: timers, requests, announcements. */
class Draughtsman {
  draft: Draft
  readonly tokens: number[] = []
  readonly violations: string[] = []
  readonly #services: Services
  readonly #scenario: Scenario

  constructor(services: Services, draft: Draft, scenario: Scenario) {
    this.#services = services
    this.draft = draft
    this.#scenario = scenario
  }

  send(chart: Chart, event: EventObject & Record<string, unknown>): this {
    const { snapshot } = this.draft
    if (!snapshot) return this
    const outcome = transition(chart, snapshot, event as never) as unknown as Outcome
    const began = this.tokens.length
    this.take(outcome)
    if (this.#scenario.work && this.tokens.length > began && this.draft.snapshot) {
      this.draft = { ...this.draft, isAtWork: true }
      this.send(chart, { type: 'workStarted' })
    }
    return this
  }

  take([snapshot, actions]: Outcome): this {
    this.draft = { ...this.draft, snapshot }
    let hasEscalated = false
    for (const { type, params } of actions) {
      switch (type) {
        case 'xstate.raise':
          this.#arm(params as { id: string; event: EventObject; delay?: number })
          break
        case 'xstate.cancel':
          this.#disarm((params as { sendId: string }).sendId)
          break
        case 'xstate.spawnChild': {
          const child = params as { id: string; src: string; input: ServiceInput }
          if (REQUESTS.includes(child.src)) this.#request(child.id, child.src as RequestService, child.input)
          if (child.src === 'escalate') hasEscalated = true
          break
        }
        case 'xstate.stopChild':
          this.#abandon((params as { id: string }).id)
          break
        case 'xstate.emit':
          this.#announce((params as { event: ElectionEmitted }).event)
          break
        default:
          throw new Error(`an action that the exploration can't carry out: ${type}`)
      }
    }
    // An escalated error ends the process.
    if (snapshot.status !== 'active' || hasEscalated) {
      const requests = this.draft.requests.filter(isPending).map(abandoned)
      this.draft = { ...this.draft, isAtWork: false, snapshot: undefined, timers: [], requests }
    } else {
      this.draft = { ...this.draft, snapshot: light(snapshot) }
    }
    return this
  }

  #arm({ id, event, delay }: { id: string; event: EventObject; delay?: number }): void {
    if (delay === undefined || delay >= NEVER) return
    if (Number.isNaN(delay)) throw new Error(`the delay of ${event.type} is computed from a time that was not set`)
    this.#disarm(id)
    const timer = { id, type: event.type, due: NOW.monotonic + delay }
    this.draft = { ...this.draft, timers: [...this.draft.timers, timer] }
  }

  #disarm(id: string): void {
    this.draft = { ...this.draft, timers: this.draft.timers.filter((timer) => timer.id !== id) }
  }

  #request(invoke: string, service: RequestService, given: ServiceInput): void {
    // Every request has the same patience here: what was measured would make countless states of the same one.
    const patience = given.settings.requestTimeout
    const input: ServiceInput = { ...given, attempt: { patience, urgency: { purpose: 'look' } } }
    const call = this.#services.send(service, input)
    const answer: Answer | undefined = call ? undefined : { status: 200, record: undefined }
    const request: Request = { invoke, service, input, sentAt: NOW, call, isAwaited: true, answer }
    const timeout = { id: TIMEOUT, type: undefined, due: NOW.monotonic + patience }
    this.draft = {
      ...this.draft,
      requests: [...this.draft.requests, request],
      timers: [...this.draft.timers, timeout],
    }
    if (call?.verb === 'patch' || call?.verb === 'delete') {
      const { uid, resourceVersion } = preconditionsOf(call)
      if (!uid || !resourceVersion)
        this.violations.push(`${this.draft.name} sends a ${call.verb} without preconditions`)
    }
    if (service === 'releaseLease' && this.draft.isAtWork) {
      this.violations.push(`${this.draft.name} releases the Lease while its work runs`)
    }
  }

  /** A service was stopped: nobody waits for its answer any more. */
  #abandon(invoke: string): void {
    const request = this.draft.requests.find((each) => each.isAwaited && each.invoke === invoke)
    if (!request) return
    this.#disarm(TIMEOUT)
    const others = this.draft.requests.filter((each) => each !== request)
    this.draft = { ...this.draft, requests: isPending(request) ? [...others, abandoned(request)] : others }
  }

  #announce(event: ElectionEmitted): void {
    if (event.type === 'leading') this.tokens.push(Number(event.fencingToken))
  }
}

/** XState's references to children would keep whole actors alive; of them, only the id is needed. */
function light(snapshot: Snapshot): Snapshot {
  const children = Object.fromEntries(Object.keys(snapshot.children).map((id) => [id, { id }]))
  return { ...snapshot, children } as unknown as Snapshot
}

/**
 * What the future of a snapshot at rest depends on, without differences that can't matter: times that are over, failures
 * beyond the last back-off, a term that has ended, the token that is only announced, when a renewal would be due by its
 * phase. `now` is set by whatever flows in before it is read; should it, or the phase, be read all the same, there is no
 * number, and the exploration fails (see `#arm`, and `chart`).
 */
function atRest(snapshot: Snapshot): Snapshot {
  const { observation, tenure, failures } = snapshot.context
  const context = {
    ...snapshot.context,
    now: Number.NaN,
    roundTrip: UNMEASURED,
    wait: 0, // of the back-off that it is in, and that one counts already
    lookedAt: undefined, // the stream of the watch never breaks here
    isEstablished: true, // nobody is refused here
    failures: Math.min(failures, RETRY_BACKOFFS.length + 1),
    tenure:
      tenure && snapshot.matches('leading')
        ? { ...tenure, fencingToken: String(VERSION), sentAt: recent(tenure.sentAt), renewalDueAt: Number.NaN }
        : undefined,
    observation:
      observation.kind === 'unread'
        ? observation
        : { ...observation, claimableAt: Math.max(observation.claimableAt, NOW.monotonic) },
  }
  return { ...snapshot, context } as Snapshot
}

/** Of timers that are overdue only the order matters. */
function inOrder(timers: readonly Timer[]): readonly Timer[] {
  const sorted = timers.toSorted((a, b) => a.due - b.due || (a.id < b.id ? -1 : 1))
  const overdue = [...new Set(sorted.map(({ due }) => due).filter((due) => due < NOW.monotonic))]
  if (overdue.length === 0) return sorted
  return sorted.map((timer) => {
    const rank = overdue.indexOf(timer.due)
    return rank < 0 ? timer : { ...timer, due: NOW.monotonic - (overdue.length - rank) }
  })
}

/** Whether the server may still carry it out, and be changed by it. */
function isPending({ call, answer }: Request): boolean {
  return call !== undefined && call.verb !== 'get' && answer === undefined
}

function abandoned(request: Request): Request {
  return { ...request, isAwaited: false }
}

/** Whether the server would refuse it, now and for ever. */
function isMoot(call: Call, { term }: Scenario, { writes }: Pick<Shift, 'writes'> = { writes: 0 }): boolean {
  // A Lease that nobody deletes was there before this write and is there for ever.
  if (call.verb === 'create') return term === 'renewable' && writes > 0
  if (call.verb === 'get') return true
  const { resourceVersion } = preconditionsOf(call)
  return resourceVersion !== undefined && resourceVersion !== String(VERSION)
}

function sorted(requests: readonly Request[]): readonly Request[] {
  if (requests.length < 2) return requests
  const key = (request: Request) => (request.isAwaited ? '' : JSON.stringify(request.call))
  return requests.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}
