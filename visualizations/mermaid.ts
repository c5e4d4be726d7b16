/** The statechart in Mermaid's language, for those who paste it: the whole, and in short. */
import { allStates, type Chart, type State, type Transition } from './chart.ts'
import { plainLabel, plainShortLabel } from './labels.ts'

/** Every state and every transition. */
export function wholeMermaid(chart: Chart): string {
  return [
    'stateDiagram-v2',
    `  [*] --> ${nameOf(chart.root.initial!)}`,
    ...chart.root.states.flatMap((state) => declared(chart, state, '  ')),
    ...arrowsOf(chart.transitions, plainLabel),
    ...allStates(chart.root).flatMap((state) => innerOf(chart, state)),
    ...endsOf(chart),
    '',
  ].join('\n')
}

/** The states without their substates. */
export function briefMermaid(chart: Chart): string {
  const top = (id: string) => id.split('.')[0]!
  const between = chart.transitions.flatMap((each) =>
    each.to === undefined || each.from === '' || top(each.from) === top(each.to)
      ? []
      : [{ ...each, from: top(each.from), to: top(each.to) }],
  )
  return [
    'stateDiagram-v2',
    `  [*] --> ${nameOf(chart.root.initial!)}`,
    ...arrowsOf(between, plainShortLabel),
    ...endsOf(chart),
    '',
  ].join('\n')
}

/** A state with its substates; regions are divided by a line. */
function declared(chart: Chart, state: State, indent: string): string[] {
  const title = state.folded === undefined ? state.key : `${state.key} (${state.folded})`
  const head = `${indent}state "${title}" as ${nameOf(state.id)}`
  if (state.states.length === 0) return [head]
  return [
    `${head} {`,
    ...(state.initial === undefined ? [] : [`${indent}  [*] --> ${nameOf(state.initial)}`]),
    ...state.states.flatMap((child, index) => [
      ...(state.kind === 'parallel' && index > 0 ? [`${indent}  --`] : []),
      ...declared(chart, child, `${indent}  `),
    ]),
    `${indent}}`,
  ]
}

function arrowsOf(transitions: readonly Transition[], label: (transitions: readonly Transition[]) => string): string[] {
  const together = new Map<string, Transition[]>()
  for (const each of transitions) {
    if (each.to === undefined) continue
    const key = `  ${nameOf(each.from)} --> ${nameOf(each.to)}`
    together.set(key, [...(together.get(key) ?? []), each])
  }
  return [...together].map(([arrow, each]) => `${arrow} : ${label(each)}`)
}

/** Transitions that stay where they are: below the name of a state; beside one that has substates. */
function innerOf(chart: Chart, state: State): string[] {
  const inner = chart.transitions.filter(({ from, to }) => from === state.id && to === undefined)
  if (inner.length === 0) return []
  const text = `stays on ${plainLabel(inner)}`
  if (state.id === '') return [`  %% In every state ${text}`]
  return [state.states.length > 0 ? `  note right of ${nameOf(state.id)} : ${text}` : `  ${nameOf(state.id)} : ${text}`]
}

function endsOf({ root }: Chart): string[] {
  return root.states.flatMap(({ id, kind }) =>
    kind === 'final' || kind === 'error' ? [`  ${nameOf(id)} --> [*]`] : [],
  )
}

function nameOf(id: string): string {
  return id.replaceAll('.', '_')
}
