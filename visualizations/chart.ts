/**
 * What the machine declares: its states, and every transition between them (events, delays, `always`, the ends of
 * services), in the machine's own words. All that the pictures show comes from here.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

export interface State {
  /** `leading.renewal.holding`; the root's is empty. */
  readonly id: string
  readonly key: string
  readonly kind: 'state' | 'composite' | 'parallel' | 'final' | 'error'
  /** The services that run while it is active. */
  readonly services: readonly string[]
  /** The id of the substate that it begins with. */
  readonly initial?: string
  readonly states: readonly State[]
  /** Where its substates were folded into it: their names. */
  readonly folded?: string
}

export interface Transition {
  readonly from: string
  /** Absent where the state stays as it is, and only actions run. */
  readonly to?: string
  /** `stop`, `read done`, `after leaseExpiry`; empty where it is taken at once. */
  readonly event: string
  /** In words: `change is later`. */
  readonly guard?: string
  /** Without a guard, and behind others that have one. */
  readonly isElse: boolean
  /** Where several were folded into one: which substates they lead into. */
  readonly into?: string
}

export interface Chart {
  readonly root: State
  readonly transitions: readonly Transition[]
}

/** Ends the election with an error, when invoked. */
const ENDS_WITH_ERROR = 'escalate'

export function readChart({ root }: AnyStateMachine): Chart {
  return { root: stateOf(root), transitions: nodesOf(root).flatMap(transitionsOf) }
}

export function allStates(state: State): State[] {
  return [state, ...state.states.flatMap(allStates)]
}

export function stateAt(chart: Chart, id: string): State {
  const state = allStates(chart.root).find((each) => each.id === id)
  if (!state) throw new Error(`There is no state "${id}" in the machine: is a picture of a state that was renamed?`)
  return state
}

export function isWithin(id: string, container: string): boolean {
  return container === '' || id === container || id.startsWith(`${container}.`)
}

/** `releaseTimeout` → `release timeout`. */
function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function stateOf(node: AnyStateNode): State {
  const states = Object.values(node.states).map(stateOf)
  const services = node.invoke.map(({ src }) => String(src))
  const initial = states.length > 0 && node.type !== 'parallel' ? node.initial.target[0] : undefined
  return {
    id: idOf(node),
    key: node.key,
    kind: kindOf(node, services),
    services: services.filter((each) => each !== ENDS_WITH_ERROR),
    ...(initial && { initial: idOf(initial) }),
    states,
  }
}

function kindOf(node: AnyStateNode, services: readonly string[]): State['kind'] {
  if (node.type === 'parallel' || node.type === 'final') return node.type
  if (services.includes(ENDS_WITH_ERROR)) return 'error'
  return node.type === 'compound' ? 'composite' : 'state'
}

function transitionsOf(node: AnyStateNode): Transition[] {
  return [...node.transitions.values(), node.always ?? []].flatMap((branches: AnyTransitionDefinition[]) =>
    branches.flatMap((branch) => {
      const guard = guardOf(branch)
      const common = {
        from: idOf(node),
        event: eventOf(branch.eventType),
        ...(guard !== undefined && { guard }),
        isElse: guard === undefined && branches.length > 1,
      }
      const targets = (branch.target ?? []) as readonly AnyStateNode[]
      return targets.length === 0 ? [common] : targets.map((target) => ({ ...common, to: idOf(target) }))
    }),
  )
}

function eventOf(type: string): string {
  const [, kind, service] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(type) ?? []
  if (service !== undefined) return `${service} ${kind === 'done' ? 'done' : 'fails'}`
  const [, delay] = /^xstate\.after\.(\w+)\./.exec(type) ?? []
  return delay === undefined ? type : `after ${inWords(delay)}`
}

function guardOf({ guard }: AnyTransitionDefinition): string | undefined {
  if (guard === undefined) return undefined
  if (typeof guard === 'string') return inWords(guard)
  const { type, params } = guard as { type: string; params?: Record<string, unknown> }
  return [inWords(type), ...Object.values(params ?? {})].join(' ')
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)]
}

/** Without the machine's own id before it. */
function idOf(node: AnyStateNode): string {
  return node.path.join('.')
}
