/**
 * The picture of one state: its substates, each transition of them, and those states outside that they come from and lead
 * to. The regions of a parallel state stand apart, each with its own ways out.
 */
import { allStates, type Chart, isWithin, type State, stateAt, type Transition } from './chart.ts'
import type { Arrow, Box, Graph } from './graph.ts'
import { arrowLabel } from './labels.ts'
import { anywhereBox, frameBox, groupBox, note, outsideBox, startBox, stateBox, toneOf } from './state-boxes.ts'
import type { Line } from './text.ts'

/** Where labels are broken into lines. */
const LABEL_WIDTH = 134

/** A transition, and the boxes that its arrow joins. */
interface Link {
  readonly from: string
  readonly to: string
  /** Where the way out is drawn, if it is one: in a region, or beside the frame. */
  readonly exit?: string
  readonly transition: Transition & { readonly to: string }
}

export function detail(chart: Chart, id: string): Graph {
  const state = stateAt(chart, id)
  const links = chart.transitions.filter(isMove).flatMap((each) => linkOf(each, state))
  const contents = (each: State): Box[] => [
    ...(each.initial === undefined ? [] : [startBox(startOf(each))]),
    ...(each.states.length > 0 ? anywhereOf(each, links) : []),
    ...each.states.map((child) => ({
      ...substateBox(chart, child, state),
      ...(child.states.length > 0 && { kind: 'region' as const, boxes: contents(child) }),
    })),
    ...(each === state ? [] : exitsAt(each.id, links, chart)),
  ]
  const whole = groupBox(`whole ${id}`, [...anywhereOf(state, links), ...exitsAt(id, links, chart)])
  const isParallel = state.kind === 'parallel'
  const within = contents(state).filter(({ kind }) => !isParallel || kind !== 'anywhere')
  const frame = frameBox(chart, state, isParallel ? [...within, whole] : within)
  return {
    boxes: [frame, ...exitsAt('', links, chart)],
    arrows: [...initialArrows(state), ...arrowsOf(links)],
  }
}

function substateBox(chart: Chart, state: State, whole: State): Box {
  const box = stateBox(chart, state)
  return { ...box, tone: 'plain', lines: [...box.lines, ...entriesOf(chart, state, whole)] }
}

function isMove(transition: Transition): transition is Transition & { to: string } {
  return transition.to !== undefined && transition.to !== transition.from
}

function linkOf(transition: Transition & { to: string }, state: State): Link[] {
  if (!isWithin(transition.from, state.id)) return []
  const source = allStates(state).find(({ id }) => id === transition.from)!
  const from = source.states.length > 0 ? anywhereId(source) : source.id
  if (isWithin(transition.to, state.id)) return [{ from, to: transition.to, transition }]
  const region = state.states.find(({ id }) => isWithin(transition.from, id)) ?? state
  const exit = state.kind === 'parallel' ? region.id : ''
  return [{ from, to: exitId(exit, transition.to), exit, transition }]
}

/** Arrows between the same two boxes are one, with all their labels. */
function arrowsOf(links: readonly Link[]): Arrow[] {
  const together = new Map<string, Link[]>()
  for (const link of links) {
    const key = `${link.from} → ${link.to}`
    together.set(key, [...(together.get(key) ?? []), link])
  }
  return [...together.values()].map((each) => ({
    from: each[0]!.from,
    to: each[0]!.to,
    tone: each[0]!.exit === undefined ? 'plain' : toneOf(each[0]!.transition.to),
    label: arrowLabel(
      each.map(({ transition }) => transition),
      LABEL_WIDTH,
    ),
  }))
}

function exitsAt(place: string, links: readonly Link[], chart: Chart): Box[] {
  const targets = links.filter(({ exit }) => exit === place).map(({ transition }) => transition.to)
  return [...new Set(targets)].map((target) => outsideBox(chart, exitId(place, target), target))
}

/** From where transitions lead to it by name; those to a state as a whole begin with its initial substate. */
function entriesOf(chart: Chart, state: State, whole: State): Line[] {
  const entering = chart.transitions.filter(({ from, to }) => to === state.id && !isWithin(from, whole.id))
  const sources = [...new Set(entering.map(({ from }) => from.split('.')[0]!))]
  return sources.length === 0 ? [] : [note(`also from ${sources.join(', ')}`)]
}

function initialArrows(state: State): Arrow[] {
  return allStates(state).flatMap((each) =>
    each.initial === undefined ? [] : [{ from: startOf(each), to: each.initial, tone: 'plain' as const, label: [] }],
  )
}

function anywhereOf(state: State, links: readonly Link[]): Box[] {
  return links.some(({ from }) => from === anywhereId(state)) ? [anywhereBox(anywhereId(state))] : []
}

const anywhereId = ({ id }: State) => `anywhere in ${id}`
const startOf = ({ id }: State) => `start of ${id}`
const exitId = (place: string, target: string) => (place === '' ? `${target} outside` : `${target} outside ${place}`)
