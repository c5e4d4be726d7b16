/**
 * `backoff` has a substate for each element of the retry array, all alike but for their delays. Folded they are one state,
 * and the transitions into them and out of them are one each, which name the first and the last.
 */
import type { Chart, State, Transition } from './chart.ts'

const BACKOFF = 'backoff'
const IN_BACKOFF = /^(.*\bbackoff)\.(\w+)$/

export function folded({ root, transitions }: Chart): Chart {
  const together = new Map<string, Transition[]>()
  for (const [index, each] of transitions.entries()) {
    const key = foldingKey(each) ?? String(index)
    together.set(key, [...(together.get(key) ?? []), each])
  }
  return { root: foldedState(root), transitions: [...together.values()].map(foldedTransition) }
}

/** `retry1, retry2, retry3, retry5` → `retry1 … retry3, retry5`. */
function ranges(names: readonly string[]): string {
  const runs: string[][] = []
  for (const name of names) {
    const run = runs.at(-1)
    if (run && numberOf(name) === numberOf(run.at(-1)!) + 1) run.push(name)
    else runs.push([name])
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]} … ${run.at(-1)}` : run.join(', '))).join(', ')
}

/** The same for those that become one; undefined where one stays as it is. */
function foldingKey({ from, to, event }: Transition): string | undefined {
  const [, source] = IN_BACKOFF.exec(from) ?? []
  if (source !== undefined) return `from ${source} to ${to}`
  const [, target] = IN_BACKOFF.exec(to ?? '') ?? []
  return target === undefined ? undefined : `from ${from} by ${event} to ${target}`
}

function foldedTransition(transitions: readonly Transition[]): Transition {
  const first = transitions[0]!
  const [, source] = IN_BACKOFF.exec(first.from) ?? []
  if (source !== undefined) {
    const events = transitions.map(({ event }) => event.replace(/^after /, ''))
    return { ...first, from: source, event: `after ${ranges(events)}` }
  }
  const [, target] = IN_BACKOFF.exec(first.to ?? '') ?? []
  if (target === undefined) return first
  const into = ranges(transitions.map(({ to }) => IN_BACKOFF.exec(to!)![2]!))
  return { from: first.from, to: target, event: first.event, isElse: false, into }
}

function foldedState(state: State): State {
  if (state.key !== BACKOFF) return { ...state, states: state.states.map(foldedState) }
  const { initial: _initial, ...rest } = state
  return { ...rest, kind: 'state', states: [], folded: ranges(state.states.map(({ key }) => key)) }
}

function numberOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0])
}
