/**
 * Breadth first, every state once, to a stated depth; what must hold is looked at in each.
 *
 * Covered: every order in which two candidates, their timers, their requests, the answers and the passing of time can
 * follow each other, at moments that are whole units of time or at which something is due. A candidate that stands still
 * is asked too whether it leads, at every moment.
 * Not covered: clocks that go at different rates or are set (`watchClock` never speaks), watches that tell what is past,
 * Leases that are edited or deleted by hand, and whether a leader is found in the end. The histories by seed have these.
 */
import type { Candidate } from './candidate.ts'
import { awaited } from './candidate.ts'
import { type Beginning, Moves, type Server, type State } from './moves.ts'
import { type Protocol, SHIPPED } from './protocol.ts'
import type { Scenario } from './scenario.ts'
import { StateTable } from './state-table.ts'

export interface ExplorationOptions {
  readonly scenario: Scenario
  readonly protocol?: Protocol
  /** Default: `nothing`. */
  readonly from?: Beginning
  /** Moves from there. */
  readonly depth: number
  /** Only violations that say this count. Default: all. */
  readonly looksFor?: string
  readonly onDepth?: (depth: number, states: number) => void
}

export interface Exploration {
  readonly beginning: Beginning
  readonly depth: number
  readonly states: number
  readonly transitions: number
  /** Different candidates, of which the states are made up. */
  readonly candidates: number
  /** States in which somebody leads. */
  readonly led: number
  /** The first that was found, and a shortest way to it. */
  readonly violation: { readonly text: string; readonly trace: readonly string[] } | undefined
}

export async function explore(options: ExplorationOptions): Promise<Exploration> {
  const { scenario, protocol = SHIPPED, from: beginning = 'nothing', depth, looksFor = '' } = options
  const moves = new Moves(protocol, scenario)
  const table = new StateTable()
  const candidates: Candidate[] = []
  const servers: Server[] = []
  const add = ({ a, b, server }: State, parent: number) => {
    candidates[a.id] = a
    candidates[b.id] = b
    servers[server.id] = server
    return table.add(a.id, b.id, server.id, parent)
  }
  const stateAt = (index: number): State => {
    const [a, b, server] = table.at(index)
    return { a: candidates[a]!, b: candidates[b]!, server: servers[server]! }
  }

  let transitions = 0
  let led = 0
  const result = (violation: Exploration['violation']): Exploration => ({
    beginning,
    depth,
    states: table.size,
    transitions,
    candidates: moves.candidates.size,
    led,
    violation,
  })

  add(await moves.beginning(beginning), -1)
  let from = 0
  for (let level = 1; level <= depth; level += 1) {
    const end = table.size
    for (; from < end; from += 1) {
      const found = await moves.from(stateAt(from))
      for (const move of found) {
        transitions += 1
        const isNew = add(move.to, from)
        const { a, b } = move.to
        const violations = isNew ? [...move.violations, ...faultsOf(move.to)] : move.violations
        const text = violations.find((each) => each.includes(looksFor))
        if (text !== undefined) {
          const trace = await traceOf(moves, [...table.pathTo(from).map(stateAt), move.to])
          return result({ text, trace: [...trace, `VIOLATION: ${text}`] })
        }
        if (isNew && (a.leads || b.leads)) led += 1
      }
    }
    options.onDepth?.(level, table.size)
    if (table.size === end) break
  }
  return result(undefined)
}

/** What must never be. */
function faultsOf({ a, b }: State): string[] {
  const faults = [a, b].filter(isStuck).map(({ name }) => `${name} waits for nothing: it would stay as it is for ever`)
  if (a.leads && b.leads) faults.push('a and b lead at once')
  return faults
}

function isStuck(candidate: Candidate): boolean {
  const { snapshot, timers, isAtWork } = candidate
  return snapshot !== undefined && timers.length === 0 && !awaited(candidate) && !isAtWork
}

/** The moves of a path, each with the time at which it happens. */
async function traceOf(moves: Moves, path: readonly State[]): Promise<string[]> {
  const trace: string[] = []
  let now = 0
  for (const [index, state] of path.slice(1).entries()) {
    const found = await moves.from(path[index]!)
    const move = found.find(({ to }) => to.a === state.a && to.b === state.b && to.server === state.server)!
    trace.push(`${(now / 1000).toFixed(3).padStart(7)} s  ${move.says()}`)
    now += move.elapsed
  }
  return trace
}

const FROM = { nothing: 'the start', term: 'a led term' } satisfies Record<Beginning, string>

/** In one line. */
export function summary({ name }: Scenario, { beginning, depth, states, transitions, violation }: Exploration): string {
  return (
    `interleavings (${name}): two candidates, depth ${depth} from ${FROM[beginning]}, ${states} states, ${transitions} transitions, ` +
    `violations: ${violation ? 1 : 0}`
  )
}
