/** What is drawn of a machine: its states from its definition, and in which of them a snapshot is. */
import type { AnyActorRef, AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import type { ChartNode, Present, StateValue, Step, Timer } from './model/inspected.ts'
import { plain } from './plain.ts'

type Definition = AnyStateMachine['definition']

/** Actors of other logic (promises, callbacks, …) have no chart. */
export function chartOf({ logic }: { readonly logic?: unknown }): ChartNode | undefined {
  const { definition } = (logic ?? {}) as Partial<AnyStateMachine>
  return definition && nodeOf(definition)
}

function nodeOf({ key, id, type, description, states }: Definition): ChartNode {
  return {
    key,
    id,
    type,
    ...(description !== undefined && { description }),
    states: Object.values(states).map((state) => nodeOf(state as Definition)),
  }
}

/** @param at milliseconds since 1970. */
export function presentOf(actor: AnyActorRef, snapshot: AnyMachineSnapshot | undefined, at: number): Present {
  const { value = {}, status = 'active', context, children = {}, output, error } = snapshot ?? {}
  return {
    at,
    value: value as StateValue,
    status,
    context: plain(context),
    children: Object.keys(children).filter((id) => children[id]?.getSnapshot()?.status === 'active'),
    timers: timersOf(actor),
    outcome: plain(error ?? output),
  }
}

/** What the system has scheduled for this actor, the next one first. */
function timersOf(actor: AnyActorRef): Timer[] {
  return Object.values(actor.system.getSnapshot()._scheduledEvents)
    .filter(({ target }) => target === actor)
    .map(({ event, delay, startedAt }) => ({ event: wordsOf(event.type), dueAt: startedAt + delay }))
    .sort((a, b) => a.dueAt - b.dueAt)
}

/** A transition as XState's inspection gives it. */
export interface Taken {
  readonly source: { readonly id: string }
  readonly target?: readonly { readonly id: string }[] | undefined
  readonly eventType: string
}

/** Of a transition that goes nowhere there is nothing to show. */
export function stepOf({ source, target, eventType }: Taken, event: { readonly type: string }, at: number): Step[] {
  if (!target?.length) return []
  return [
    { at, event: wordsOf(eventType === '*' ? event.type : eventType), from: source.id, to: target.map(({ id }) => id) },
  ]
}

/** XState's own events in words: `xstate.after.renewInterval.election.leading…` is `after renewInterval`. */
export function wordsOf(type: string): string {
  const [xstate, kind, ...rest] = type.split('.')
  if (type === '') return 'at once'
  if (xstate !== 'xstate') return type
  if (kind === 'after') return /^\d+$/.test(rest[0]!) ? `after ${rest[0]} ms` : `after ${rest[0]}`
  if (kind === 'done' || kind === 'error') {
    const [what, ...name] = rest
    const ended = kind === 'done' ? 'done' : 'failed'
    return what === 'actor' ? `${name.join('.').replace(/^\d+\./, '')} ${ended}` : `${name.join('.')} ${ended}`
  }
  return kind ?? type
}
