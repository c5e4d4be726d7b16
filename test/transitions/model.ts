/**
 * The statechart as a model: explored without being started, state by state, nearest first. It tells which transitions
 * can be taken at all, and the shortest way from a state to a transition.
 */
import { createEmptyActor, type InspectionEvent } from 'xstate'
import type { ElectionSnapshot } from '../../src/election-machine.ts'
import { type ElectionInput, electionMachine } from '../../src/index.ts'
import { isByCopy, type OwnWrites } from '../../src/lease/own-writes.ts'
import { isAskedToStepDown } from '../../src/lease/record.ts'
import { DEFAULT_RETRY_BACKOFFS } from '../../src/options/timing.ts'
import type { Term } from '../../src/options/types.ts'
import { observed } from '../../src/statechart/context.ts'
import { IDLE_SERVICES } from '../support/idle-services.ts'
import { transitionsOf } from './declared.ts'
import { eventOf, type Happening, happeningsFor, IDENTITY, INCARNATION, type WriteService } from './happenings.ts'

/** A step of the model: what happens, which transitions it takes, and where it leads. */
export interface Step {
  readonly happening: Happening
  readonly taken: readonly string[]
  readonly to: string
}

type IsPossible = (happening: Happening) => boolean

const machine = electionMachine.provide({ actors: IDLE_SERVICES })

const owner = { apiVersion: 'v1', kind: 'Pod', name: IDENTITY, uid: 'p' }
const INPUT: ElectionInput = {
  leaseName: 'x',
  identity: IDENTITY,
  incarnation: INCARNATION,
  preset: 'client-go',
  owner,
}

export class Model {
  readonly term: Term
  readonly endAfterRetries: boolean
  readonly start: string
  /** One representative of each essence that was found. */
  readonly #snapshots = new Map<string, ElectionSnapshot>()
  readonly #steps = new Map<string, readonly Step[]>()
  readonly #scope = scopeOf()
  readonly #isPossible: IsPossible

  /** @param isPossible leaves happenings out, where a model is for some transitions only: it is smaller then. */
  constructor(
    term: Term,
    { endAfterRetries = false, isPossible = () => true }: { endAfterRetries?: boolean; isPossible?: IsPossible } = {},
  ) {
    this.term = term
    this.endAfterRetries = endAfterRetries
    this.#isPossible = isPossible
    const input = { ...INPUT, term, endAfterRetries }
    this.start = this.#remember(machine.getInitialSnapshot(this.#scope, input) as ElectionSnapshot)
  }

  /** The transitions that a first happening can take, then those of the second, and so on. */
  *levels(): Generator<ReadonlySet<string>> {
    const known = new Set([this.start])
    for (let level = [this.start]; level.length > 0; ) {
      const steps = level.flatMap((state) => this.#stepsFrom(state))
      yield new Set(steps.flatMap(({ taken }) => taken))
      level = [...new Set(steps.map(({ to }) => to))].filter((state) => !known.has(state))
      for (const state of level) known.add(state)
    }
  }

  /** One snapshot of each essence that was come upon so far. */
  get snapshots(): Iterable<ElectionSnapshot> {
    return this.#snapshots.values()
  }

  /** The shortest way to take the transition, from the state of this essence; undefined where there is none. */
  path(from: string, transition: string, isOpen: (from: string, step: Step) => boolean = () => true) {
    return this.#search(from, ({ taken }) => taken.includes(transition), isOpen)
  }

  /** Breadth first, until a step is what is looked for; returns the steps that lead there. */
  #search(
    from: string,
    isFound: (step: Step) => boolean,
    isOpen: (from: string, step: Step) => boolean = () => true,
  ): Step[] | undefined {
    const cameBy = new Map<string, { readonly from: string; readonly step: Step } | undefined>([[from, undefined]])
    for (const state of cameBy.keys()) {
      for (const step of this.#stepsFrom(state)) {
        if (!isOpen(state, step)) continue
        if (isFound(step)) return [...pathTo(state, cameBy), step]
        if (!cameBy.has(step.to)) cameBy.set(step.to, { from: state, step })
      }
    }
    return undefined
  }

  #stepsFrom(state: string): readonly Step[] {
    const known = this.#steps.get(state)
    if (known) return known
    const snapshot = this.#snapshots.get(state)
    const steps = snapshot && !hasEnded(snapshot) ? this.#explore(snapshot) : []
    this.#steps.set(state, steps)
    return steps
  }

  #explore(snapshot: ElectionSnapshot): Step[] {
    const types = new Set(snapshot._nodes.flatMap(({ ownEvents }) => ownEvents as string[]))
    return happeningsFor(types).flatMap((happening) => {
      if (!this.#isPossible(happening)) return []
      if (snapshot.context.failures > 1 && !prolongs(happening)) return []
      if (isWritten(happening, 'claim') && isTakingOver(snapshot) && snapshot.context.observation.kind === 'absent') {
        return [] // what is gone can't be taken over
      }
      const event = eventOf(happening, snapshot.context)
      if (event === undefined) return []
      const taken: string[] = []
      const collect = (inspected: InspectionEvent) => void taken.push(...transitionsOf(inspected))
      // The walk calls the machine's pure function; what that takes can only be seen by inspecting it.
      const subscription = this.#scope.system.inspect(collect)
      const next = machine.transition(snapshot, event as never, this.#scope) as ElectionSnapshot
      subscription.unsubscribe()
      return taken.length === 0 ? [] : [{ happening, taken, to: this.#remember(next) }]
    })
  }

  #remember(snapshot: ElectionSnapshot): string {
    const essence = essenceOf(snapshot)
    if (!this.#snapshots.has(essence)) this.#snapshots.set(essence, snapshot)
    return essence
  }
}

/** In `lost` and `failed` the real thing ends at once, with an error. */
function hasEnded(snapshot: ElectionSnapshot): boolean {
  return snapshot.status !== 'active' || snapshot.matches('lost') || snapshot.matches('failed')
}

function pathTo(state: string, cameBy: Map<string, { readonly from: string; readonly step: Step } | undefined>) {
  const steps: Step[] = []
  for (let last = cameBy.get(state); last; last = cameBy.get(last.from)) steps.unshift(last.step)
  return steps
}

/**
 * What decides about transitions, alike for the model and for the real thing: resourceVersions and times would go on for
 * ever, and make no difference but by their order.
 */
export function essenceOf(snapshot: ElectionSnapshot): string {
  const { value, context } = snapshot
  if (hasEnded(snapshot)) return JSON.stringify(value)
  const { observation, failures, stopping, atWork, claimPending, news, now, loss } = context
  const { isEstablished, startIsOver, isOwnerRefused, ownWrites, settings } = context
  const record = observed(context)
  const seen = record
    ? [record.holder, record.incarnation, isAskedToStepDown(record)]
    : [observation.kind, observation.kind === 'absent' && observation.claimableAt > now ? 'held' : undefined]
  const beyond = DEFAULT_RETRY_BACKOFFS.length + 1
  const isDuplicate = loss?.kind === 'duplicateIdentity'
  const isAwaitingAnswer = snapshot.matches({ observing: 'reading' }) || snapshot.matches({ acquiring: 'claiming' })
  return JSON.stringify([
    value,
    seen,
    Math.min(failures, beyond),
    stopping?.kind,
    atWork,
    claimPending,
    isUncertain(ownWrites),
    record && isByCopy(record, ownWrites, settings),
    isAwaitingAnswer && news?.type,
    isDuplicate,
    isEstablished || startIsOver,
    isEstablished,
    isOwnerRefused,
    isTakingOver(snapshot),
  ])
}

/**
 * What makes a row of failures longer, or ends it. Whatever else can happen is tried after the first failure: a longer row
 * differs from that in nothing but its number.
 */
function prolongs(happening: Happening): boolean {
  switch (happening.kind) {
    case 'failed':
      return happening.by === 'transient'
    case 'readAnswered':
      return ['own', 'absent', 'held'].includes(happening.lease)
    default:
      return happening.kind === 'timer' || happening.kind === 'written'
  }
}

/** Whether a write of ours may come to pass, or has, unheard of. */
export function isUncertain({ underWay, unclear, isCreationUnclear }: OwnWrites): boolean {
  return underWay !== undefined || unclear !== undefined || isCreationUnclear
}

function isWritten(happening: Happening, service: WriteService): boolean {
  return happening.kind === 'written' && happening.service === service
}

/** Whether the claim that is under way changes a Lease, rather than to create it; undefined where none is. */
function isTakingOver({ children }: ElectionSnapshot): boolean | undefined {
  const claim = children.claim?.getSnapshot() as { readonly input?: { readonly record?: unknown } } | undefined
  return claim && claim.input?.record !== undefined
}

/** As `xstate/graph` makes it for its own walks. */
function scopeOf() {
  const actor = createEmptyActor()
  return {
    self: actor,
    system: actor.system,
    logger: () => {},
    id: '',
    sessionId: 'model',
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    actionExecutor: () => {},
  } as never as Parameters<typeof machine.transition>[2]
}

/** For each transition the model that takes it by the shortest way, as far as any takes it. */
export function nearestModels(models: readonly Model[], transitions: readonly string[]): Map<string, Model> {
  const nearest = new Map<string, Model>()
  const searches = models.map((model) => ({ model, levels: model.levels() }))
  for (let open = searches; open.length > 0 && transitions.some((each) => !nearest.has(each)); ) {
    open = open.filter(({ model, levels }) => {
      const { done, value: taken } = levels.next()
      for (const transition of taken ?? []) if (!nearest.has(transition)) nearest.set(transition, model)
      return !done
    })
  }
  return nearest
}
