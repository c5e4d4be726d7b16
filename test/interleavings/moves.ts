/**
 * What may happen next, from a state of two candidates and a server.
 *
 * A request is carried out now, later, after its client has given up, or never; so is its answer delivered. A candidate
 * may stand still at any time, for any time: what is due for it need not happen before time passes.
 */
import { awaited, type Candidate, type Request, type Step, type Timer } from './candidate.ts'
import { CandidateModel } from './candidate-model.ts'
import type { Protocol } from './protocol.ts'
import { NOW, type Renaming, renamed, type Shift, shifted, VERSION, versionsIn } from './relative.ts'
import { podOf, type Scenario, UNIT } from './scenario.ts'
import { type Call, type Carried, carryOut, type StoredLease } from './server.ts'
import { NO_ANSWER } from './services.ts'

export interface State {
  readonly a: Candidate
  readonly b: Candidate
  readonly server: Server
}

export interface Server {
  readonly id: number
  readonly lease: StoredLease | undefined
  /** How many Leases were created. */
  readonly created: number
  /** The highest fencing token of a term that has begun. */
  readonly highest: number
  /** The versions that it knows of, other than the latest. */
  readonly versions: readonly number[]
  readonly steps: Map<string, Server>
  /** What becomes of the calls. */
  readonly carried: Map<Call, NamedCarried>
}

type NamedCarried = Carried & { readonly name: string }
type ServerDraft = Pick<Server, 'lease' | 'created' | 'highest'>

export interface Move {
  readonly to: State
  /** Milliseconds that pass. */
  readonly elapsed: number
  readonly violations: readonly string[]
  readonly says: () => string
}

/** Nothing was started yet; or a leads and b follows, so that more of the moves are about what comes after. */
export type Beginning = keyof typeof BEGINNINGS

export const BEGINNINGS = {
  nothing: [],
  term: [
    'a starts',
    'the server carries out a get of a',
    'a gets the answer',
    'a its claimJitter is over',
    'the server carries out a create of a',
    'a gets the answer',
    'b starts',
    'the server carries out a get of b',
    'b gets the answer',
  ],
} as const

const SIDES = ['a', 'b'] as const
type Side = (typeof SIDES)[number]

export class Moves {
  readonly candidates: CandidateModel
  readonly #scenario: Scenario
  readonly #servers = new Map<string, Server>()
  /** Steps that were not known yet, and how to learn them. */
  #unknown: (() => Promise<void>)[] = []
  #found: Move[] = []

  constructor(protocol: Protocol, scenario: Scenario) {
    this.#scenario = scenario
    this.candidates = new CandidateModel(protocol, scenario)
  }

  initial(): State {
    const server = this.#server({ lease: undefined, created: 0, highest: VERSION })
    return { a: this.candidates.down('a'), b: this.candidates.down('b'), server }
  }

  /** Where the exploration begins. */
  async beginning(from: Beginning): Promise<State> {
    let state = this.initial()
    for (const words of BEGINNINGS[from]) {
      const found = await this.from(state)
      state = found.find((move) => move.says().startsWith(words))!.to
    }
    return state
  }

  async from(state: State): Promise<readonly Move[]> {
    while (true) {
      this.#found = []
      this.#unknown = []
      for (const side of SIDES) this.#ofCandidate(state, side)
      this.#collect(state)
      this.#time(state)
      if (this.#unknown.length === 0) return this.#found
      for (const learn of this.#unknown) await learn()
    }
  }

  #ofCandidate(state: State, side: Side): void {
    const { starts, pods, asks } = this.#scenario
    const candidate = state[side]
    const { candidates } = this
    for (const request of candidate.requests) if (!request.answer) this.#carryOut(state, side, request)
    if (!candidate.snapshot) {
      // The two are alike: whoever begins first is called a.
      const isItsTurn = candidate.starts < starts[side] && (side === 'a' || state.a.starts > 0)
      if (isItsTurn) {
        const how = candidate.starts === 0 ? 'starts' : `starts again${HOW[pods]}`
        this.#step(state, side, 'start', how, () => candidates.start(candidate))
      }
      return
    }
    const earliest = candidate.timers[0]?.due ?? Number.POSITIVE_INFINITY
    if (earliest <= NOW.monotonic) {
      for (const timer of candidate.timers) if (timer.due === earliest) this.#fire(state, side, timer)
    }
    const request = awaited(candidate)
    if (request?.answer) {
      const { answer } = request
      const what = `gets the answer ${answer.status} to its ${request.invoke}`
      this.#step(state, side, 'settle', what, () => candidates.settle(candidate, answer))
    }
    if (request && this.#scenario.breaks) {
      const what = `loses the connection of its ${request.invoke}`
      this.#step(state, side, 'break', what, () => candidates.settle(candidate, NO_ANSWER))
    }
    if (this.#scenario.watch) this.#hear(state, side)
    if (candidate.starts < starts[side]) this.#step(state, side, 'crash', 'crashes', () => candidates.crash(candidate))
    const ask = asks[side][candidate.asked]
    if (ask) {
      const asked = { ...candidate, asked: candidate.asked + 1 }
      this.#step(state, side, ask, `is asked to ${ask}`, () => candidates.send(asked, { type: ask, cooldown: UNIT }))
    }
    if (candidate.isAtWork && !candidate.snapshot.matches({ leading: { duty: 'serving' } })) {
      this.#step(state, side, 'workEnded', 'has ended its work', () => candidates.endWork(candidate))
    }
  }

  #fire(state: State, side: Side, timer: Timer): void {
    const candidate = state[side]
    const isLate = timer.due < NOW.monotonic
    const what =
      timer.type === undefined ? `its ${awaited(candidate)?.invoke} times out` : `its ${short(timer.type)} is over`
    this.#step(state, side, `fire ${timer.id}`, isLate ? `${what} (late)` : what, () =>
      this.candidates.fire(candidate, timer),
    )
  }

  #hear(state: State, side: Side): void {
    const { answer } = carriedOut(state.server, READ)
    if (answer.status !== 200 || !answer.record) return
    const { record } = answer
    const candidate = state[side]
    const { observation, news } = candidate.snapshot!.context
    const known = observation.kind === 'present' && observation.record.resourceVersion === record.resourceVersion
    const told = news?.type === 'leaseChanged' && news.record.resourceVersion === record.resourceVersion
    if (known || told) return
    const key = `hear ${state.server.id}`
    this.#step(state, side, key, 'hears of the present Lease by its watch', () =>
      this.candidates.hear(candidate, record),
    )
  }

  #carryOut(state: State, side: Side, request: Request): void {
    const { server } = state
    const candidate = state[side]
    const { lease, answer, wrote, name } = carriedOut(server, request.call!)
    const key = `carry ${candidate.requests.indexOf(request)} ${name}`
    const step = this.#known(candidate, key, () => this.candidates.carriedOut(candidate, request, answer))
    if (!step) return
    const created = server.created + (wrote && request.call!.verb === 'create' ? 1 : 0)
    const written = wrote ? this.#server({ lease, created, highest: server.highest }) : server
    const next = { ...state, [side]: step.next, server: written }
    const verb = `${request.call!.verb} of ${side} (its ${request.invoke}${request.isAwaited ? '' : ', given up'})`
    this.#add(
      next,
      { elapsed: 0, writes: wrote ? 1 : 0 },
      [],
      () => `the server carries out a ${verb}: ${answer.status}`,
    )
  }

  /** The garbage collector, where the pod that owns the Lease is gone. */
  #collect(state: State): void {
    const { server } = state
    const owners = server.lease?.metadata.ownerReferences ?? []
    if (this.#scenario.pods !== 'each' || owners.length === 0) return
    const living = SIDES.map((side) => state[side]).filter(({ snapshot }) => snapshot)
    const pods = living.map(({ name, starts }) => podOf(this.#scenario, name, starts))
    if (owners.some(({ uid }) => pods.includes(uid))) return
    const next = { ...state, server: this.#server({ ...server, lease: undefined }) }
    this.#add(
      next,
      { elapsed: 0, writes: 1 },
      [],
      () => 'the garbage collector deletes the Lease of a pod that is gone',
    )
  }

  /** Up to the next moment at which something is due, in units: whatever is overdue stays so. */
  #time(state: State): void {
    const isDue = ({ timers }: Candidate) => timers.length > 0 && timers[0]!.due <= NOW.monotonic
    if (this.#scenario.punctual && (isDue(state.a) || isDue(state.b))) return
    const due = [...state.a.timers, ...state.b.timers].map(({ due }) => due - NOW.monotonic).filter((wait) => wait > 0)
    const next = due.length > 0 ? Math.min(...due) : UNIT
    for (let elapsed = UNIT; elapsed < next; elapsed += UNIT) this.#pass(state, elapsed)
    this.#pass(state, next)
  }

  #pass(state: State, elapsed: number): void {
    this.#add(state, { elapsed, writes: 0 }, [], () => `${elapsed} ms pass`)
  }

  #step(state: State, side: Side, key: string, what: string, run: () => Step | Promise<Step>): void {
    const step = this.#known(state[side], key, run)
    if (!step) return
    const { lease, created } = state.server
    let { highest } = state.server
    const violations = [...step.violations]
    for (const token of step.tokens) {
      if (token <= highest) violations.push(`the fencing token of ${side} is not above that of an earlier term`)
      highest = Math.max(highest, token)
    }
    const server = step.tokens.length > 0 ? this.#server({ lease, created, highest }) : state.server
    this.#add({ ...state, [side]: step.next, server }, { elapsed: 0, writes: 0 }, violations, () => {
      const { snapshot } = step.next
      return `${side} ${what} → ${snapshot ? JSON.stringify(snapshot.value).replaceAll('"', '') : 'down'}`
    })
  }

  #add(to: State, shift: Shift, violations: readonly string[], says: () => string): void {
    const { elapsed, writes } = shift
    const later =
      elapsed === 0 && writes === 0
        ? to
        : this.#changed(
            to,
            `shift ${elapsed} ${writes}`,
            (candidate) => this.candidates.shift(candidate, shift),
            (server) => ({
              ...server,
              lease: shifted(server.lease, shift),
              highest: server.highest - writes,
            }),
          )
    const next = later && this.#withoutGaps(later)
    if (next) this.#found.push({ to: next, elapsed, violations, says })
  }

  /** The versions that are still known are numbered without gaps: how many there were between them is the same. */
  #withoutGaps(state: State): State | undefined {
    const { a, b, server } = state
    if (a.versions.length + b.versions.length + server.versions.length === 0) return state
    const versions = [...new Set([...a.versions, ...b.versions, ...server.versions])].sort((x, y) => y - x)
    if (versions.every((version, index) => version === VERSION - 1 - index)) return state
    const names: Renaming = new Map(versions.map((version, index) => [version, VERSION - 1 - index]))
    return this.#changed(
      state,
      `rename ${versions}`,
      (candidate) => this.candidates.rename(candidate, names),
      (server) => ({
        ...server,
        lease: renamed(server.lease, names),
        highest: names.get(server.highest) ?? server.highest,
      }),
    )
  }

  #changed(
    { a, b, server }: State,
    key: string,
    change: (candidate: Candidate) => Step,
    changeServer: (server: Server) => ServerDraft,
  ): State | undefined {
    const [nextA, nextB] = [a, b].map((each) => this.#known(each, key, () => change(each)))
    let nextServer = server.steps.get(key)
    if (!nextServer) {
      nextServer = this.#server(changeServer(server))
      server.steps.set(key, nextServer)
    }
    return nextA && nextB && { a: nextA.next, b: nextB.next, server: nextServer }
  }

  #known({ steps }: Candidate, key: string, run: () => Step | Promise<Step>): Step | undefined {
    const step = steps.get(key)
    if (!step) this.#unknown.push(async () => void steps.set(key, await run()))
    return step
  }

  #server({ lease, created, highest }: ServerDraft): Server {
    const key = JSON.stringify([lease, created, highest])
    const known = this.#servers.get(key)
    if (known) return known
    const versions = [...versionsIn([lease, { highest }])].filter((version) => version !== VERSION)
    const server = {
      id: this.#servers.size,
      lease,
      created,
      highest,
      versions,
      steps: new Map(),
      carried: new Map(),
    }
    this.#servers.set(key, server)
    return server
  }
}

const HOW = { none: ', with nothing known of before', one: ', in the same pod', each: ', in another pod' }

const READ: Call = { verb: 'get' }

/** Computed once for each call of a candidate. */
function carriedOut(server: Server, call: Call): NamedCarried {
  let carried = server.carried.get(call)
  if (!carried) {
    const result = carryOut(server.lease, call, server.created)
    carried = { ...result, name: JSON.stringify(result.answer) }
    server.carried.set(call, carried)
  }
  return carried
}

/** `xstate.after.leaseExpiry.election.observing.following` is told by its delay. */
function short(type: string): string {
  return type.split('.')[2] ?? type
}
