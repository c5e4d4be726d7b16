/** The picture of the whole: its states, with the names of their substates, and by which events one follows another. */
import { type Chart, type State, stateAt } from './chart.ts'
import type { Arrow, Graph } from './graph.ts'
import { separated, shortLabel } from './labels.ts'
import { frameBox, startBox, stateBox, toneOf } from './state-boxes.ts'
import { type Span, wrap } from './text.ts'

/** Where labels, and names in boxes, are broken into lines. */
const LABEL_WIDTH = 160
const LIST_WIDTH = 300
const START = 'start of the election'

export function overview(chart: Chart): Graph {
  const { root } = chart
  const frame = frameBox(chart, root, [startBox(START), ...root.states.map((state) => briefBox(chart, state))])
  const initial = stateAt(chart, root.initial!)
  return {
    boxes: [frame],
    arrows: [{ from: START, to: initial.id, tone: 'plain', label: [] }, ...arrowsOf(chart)],
  }
}

/** Its substates by name; of a parallel state each region on a line of its own. */
function briefBox(chart: Chart, state: State) {
  const names =
    state.kind === 'parallel'
      ? state.states.flatMap((region) =>
          wrap([{ text: `${region.key}:`, style: 'event' }, ...namesOf(region)], LIST_WIDTH),
        )
      : wrap(namesOf(state), LIST_WIDTH)
  return { ...stateBox(chart, state), lines: names, lists: [] }
}

function namesOf({ states }: State): Span[] {
  return separated(
    states.map(({ key, folded }) => ({ text: folded === undefined ? key : `${key} (${folded})`, style: 'note' })),
  )
}

function arrowsOf({ root, transitions }: Chart): Arrow[] {
  const arrows: Arrow[] = []
  for (const from of root.states) {
    for (const to of root.states) {
      const between = transitions.filter((each) => topOf(each.from) === from.id && topOf(each.to) === to.id)
      if (from === to || between.length === 0) continue
      arrows.push({ from: from.id, to: to.id, tone: toneOf(to.id), label: shortLabel(between, LABEL_WIDTH) })
    }
  }
  return arrows
}

function topOf(id: string | undefined): string | undefined {
  return id?.split('.')[0]
}
