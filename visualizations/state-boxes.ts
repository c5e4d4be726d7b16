/** The boxes that pictures are made of. */
import { type Chart, isWithin, type State, stateAt, type Transition } from './chart.ts'
import type { Box, Tone } from './graph.ts'
import { flowing, listed } from './labels.ts'
import type { Line } from './text.ts'

const LIST_WIDTH = 178
const FRAME_WIDTH = 640

/** What most boxes are. */
const PLAIN = { tone: 'plain', isFinal: false, title: '', lines: [], lists: [], boxes: [] } as const

/** A state, without its substates. */
export function stateBox(chart: Chart, state: State): Box {
  const own = chart.transitions.filter(({ from }) => from === state.id)
  const list = (heading: string, transitions: readonly Transition[]) =>
    transitions.length === 0 ? [] : [[note(heading), ...listed(transitions, LIST_WIDTH)]]
  return {
    ...PLAIN,
    id: state.id,
    kind: 'state',
    tone: toneOf(state.id),
    isFinal: isFinal(state),
    state: state.id,
    title: state.key,
    lines: [...(state.folded === undefined ? [] : [note(state.folded)]), ...servicesOf(state)],
    lists: [
      ...list(
        'begins anew on',
        own.filter(({ to }) => to === state.id),
      ),
      ...list('stays on', own.filter(isInner)),
    ],
  }
}

/** The state that a picture is of, around its substates. */
export function frameBox(chart: Chart, state: State, boxes: readonly Box[]): Box {
  const inner = chart.transitions.filter((each) => each.from === state.id && isInner(each))
  const lines = flowing(inner, FRAME_WIDTH)
  return {
    ...stateBox(chart, state),
    kind: 'frame',
    lines: servicesOf(state),
    lists: inner.length === 0 ? [] : [[note('stays on'), ...lines]],
    boxes,
  }
}

/** A state that has a picture of its own. */
export function outsideBox(chart: Chart, id: string, state: string): Box {
  const path = state.split('.')
  return {
    ...PLAIN,
    id,
    kind: 'outside',
    tone: toneOf(state),
    isFinal: isFinal(stateAt(chart, state)),
    state,
    ...(path.length > 1 && { within: path.slice(0, -1).join(' · ') }),
    title: path.at(-1)!,
  }
}

/** Where transitions begin that are taken whichever substate is active. */
export function anywhereBox(id: string): Box {
  return { ...PLAIN, id, kind: 'anywhere', lines: [note('in any state')] }
}

/** Keeps boxes together. */
export function groupBox(id: string, boxes: readonly Box[]): Box {
  return { ...PLAIN, id, kind: 'group', boxes }
}

export function startBox(id: string): Box {
  return { ...PLAIN, id, kind: 'start' }
}

const TONES: readonly (readonly [string, Tone])[] = [
  ['leading', 'leading'],
  ['deposed', 'over'],
  ['lost', 'failure'],
  ['failed', 'failure'],
]

export function toneOf(id: string): Tone {
  return TONES.find(([state]) => isWithin(id, state))?.[1] ?? 'plain'
}

export function note(text: string): Line {
  return [{ text, style: 'note' }]
}

function servicesOf({ services }: State): Line[] {
  return services.map((service) => note(`invokes ${service}`))
}

function isInner({ to }: Transition): boolean {
  return to === undefined
}

function isFinal({ kind }: State): boolean {
  return kind === 'final' || kind === 'error'
}
