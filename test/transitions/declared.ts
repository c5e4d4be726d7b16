/** Lists the transitions that a machine declares, and names each: source, event, branch and target. */
import type { AnyStateMachine, AnyTransitionDefinition, InspectionEvent } from 'xstate'
import { getStateNodes } from 'xstate/graph'

/** Every `on`, `after`, `onDone`, `onError` and `always` branch, the root's included. */
export function declaredTransitions({ root }: AnyStateMachine): string[] {
  const nodes = [root, ...getStateNodes(root)]
  return nodes.flatMap((node) => [...node.transitions.values(), node.always ?? []].flat()).map(nameOf)
}

/** The names of the transitions of one microstep: several where parallel regions take theirs together. */
export function transitionsOf(event: InspectionEvent): string[] {
  if (event.type !== '@xstate.microstep') return []
  return event._transitions.filter(({ source }) => source).map(nameOf) // entering the initial state has no source
}

/** `observing.reading · read fails [isFailureNumber 1] → observing.backoff.retry1` */
function nameOf(transition: AnyTransitionDefinition): string {
  const { source, eventType, target } = transition
  const branches = eventType ? source.transitions.get(eventType)! : source.always!
  const branch = branches.length > 1 || transition.guard ? ` [${branchOf(transition)}]` : ''
  const targets = target?.map(({ id }) => stateName(id)).join(', ') ?? '(stays)'
  return `${stateName(source.id)} · ${eventName(eventType)}${branch} → ${targets}`
}

function branchOf({ guard }: AnyTransitionDefinition): string {
  if (guard === undefined) return 'otherwise'
  if (typeof guard === 'string') return guard
  const { type, params } = guard as { type: string; params?: Record<string, unknown> }
  return [type, ...Object.values(params ?? {})].join(' ')
}

function stateName(id: string): string {
  return id.replace(/^election\./, '')
}

function eventName(type: string): string {
  const [, kind, ...rest] = type.match(/^xstate\.(done|error)\.actor\.(.+)$/) ?? []
  if (kind) return `${rest[0]} ${kind === 'done' ? 'done' : 'fails'}`
  return type.replace(/^xstate\.after\.(\w+)\..*$/, 'after $1') || 'always'
}
