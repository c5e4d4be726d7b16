/** The statechart as a Graphviz graph: compound states as boxes around their substates, every transition an arrow. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** Its substates, one for each element of the retry array, are drawn as one. */
const BACKOFF = 'backoff'
const FONT = 'fontname="Helvetica,Arial,sans-serif"'

/** `depth`: how many levels of states to draw; transitions of deeper ones belong to the state that is drawn. */
export function toDot(machine: AnyStateMachine, { depth }: { depth: number }): string {
  const drawn = (node: AnyStateNode): AnyStateNode =>
    node.path.length > depth || node.parent?.key === BACKOFF ? drawn(node.parent!) : node
  const edges = mergeEdges(allNodes(machine.root).flatMap((node) => edgesOf(node, drawn)))
  return [
    'digraph election {',
    `  graph [compound=true, rankdir=LR, nodesep=0.35, ranksep=0.9, ${FONT}, fontsize=13, pad=0.3, bgcolor=white]`,
    `  node [shape=box, style="rounded,filled", fillcolor=white, color="#334155", ${FONT}, fontsize=12, margin="0.22,0.08"]`,
    `  edge [color="#64748b", ${FONT}, fontsize=9, fontcolor="#334155", arrowsize=0.7]`,
    `  start [shape=point, width=0.15, color="#334155", fillcolor="#334155"]`,
    ...childrenOf(machine.root).flatMap((child) => drawState(child, depth, '  ')),
    `  start -> ${idOf(entryOf(initialOf(machine.root), depth))} [${headOf(initialOf(machine.root), depth)}]`,
    ...edges.map((edge) => drawEdge(edge, depth)),
    '}',
  ].join('\n')
}

interface Edge {
  readonly from: AnyStateNode
  readonly to: AnyStateNode
  readonly labels: readonly string[]
}

function edgesOf(node: AnyStateNode, drawn: (node: AnyStateNode) => AnyStateNode): Edge[] {
  const transitions = [...node.transitions.values(), node.always ?? []].flat() as AnyTransitionDefinition[]
  return transitions.flatMap((transition) =>
    (transition.target ?? [])
      .map((target) => ({ from: drawn(node), to: drawn(target as AnyStateNode), labels: [labelOf(transition)] }))
      .filter(({ from, to }) => from !== to || node.path.length === from.path.length),
  )
}

/** Parallel arrows become one with all their labels. */
function mergeEdges(edges: readonly Edge[]): Edge[] {
  const merged = new Map<string, Edge>()
  for (const edge of edges) {
    const key = `${edge.from.id} ${edge.to.id}`
    const labels = [...(merged.get(key)?.labels ?? []), ...edge.labels]
    merged.set(key, { ...edge, labels: [...new Set(labels)] })
  }
  return [...merged.values()]
}

function drawState(node: AnyStateNode, depth: number, indent: string): string[] {
  const children = drawnChildrenOf(node, depth)
  if (children.length === 0) {
    const isFinal = node.type === 'final' || node.invoke.some(({ src }) => src === 'escalate')
    const services = node.invoke
      .filter(({ src }) => src !== 'escalate')
      .map(({ src }) => `<br/><font point-size="9">${src}</font>`)
    const border = isFinal ? ', peripheries=2' : ''
    const retries =
      node.key === BACKOFF ? [`<br/><font point-size="9">retry1 … retry${childrenOf(node).length}</font>`] : []
    return [`${indent}${idOf(node)} [label=<${node.key}${[...services, ...retries].join('')}>${border}]`]
  }
  const isRegion = node.parent?.type === 'parallel'
  return [
    `${indent}subgraph cluster_${idOf(node)} {`,
    `${indent}  label="${node.key}"; style="rounded,filled${isRegion ? ',dashed' : ''}"; color="#94a3b8"; fillcolor="${shade(node)}"`,
    ...children.flatMap((child) => drawState(child, depth, `${indent}  `)),
    `${indent}}`,
  ]
}

function drawEdge({ from, to, labels }: Edge, depth: number): string {
  const [tail, head] = [entryOf(from, depth), entryOf(to, depth)]
  const ends = [tailOf(from, depth), headOf(to, depth)].filter(Boolean).join(', ')
  return `  ${idOf(tail)} -> ${idOf(head)} [label="${labels.join('\\n')}"${ends ? `, ${ends}` : ''}]`
}

/** The event, or the named delay; in brackets the guard. */
function labelOf({ eventType, guard }: AnyTransitionDefinition): string {
  const event = eventType
    .replace(/^xstate\.done\.actor\..*/, 'done')
    .replace(/^xstate\.error\.actor\..*/, 'error')
    .replace(/^xstate\.after\.retry\d+\..*/, 'after its delay')
    .replace(/^xstate\.after\.([^.]+)\..*/, 'after $1')
  const name = typeof guard === 'string' ? guard : (guard as { type?: string } | undefined)?.type
  const params = (guard as { params?: object } | undefined)?.params
  if (name === 'isFailureNumber') return event
  const guardText = name ? ` [${name}${params ? ` ${Object.values(params).join(' ')}` : ''}]` : ''
  return `${event}${guardText}` || 'else'
}

/** Arrows of a box have to end at a node in it, and are cut off at its border. */
function entryOf(node: AnyStateNode, depth: number): AnyStateNode {
  return isBox(node, depth) ? entryOf(initialOf(node), depth) : node
}

const tailOf = (node: AnyStateNode, depth: number) => (isBox(node, depth) ? `ltail=cluster_${idOf(node)}` : '')
const headOf = (node: AnyStateNode, depth: number) => (isBox(node, depth) ? `lhead=cluster_${idOf(node)}` : '')

function isBox(node: AnyStateNode, depth: number): boolean {
  return drawnChildrenOf(node, depth).length > 0
}

function initialOf(node: AnyStateNode): AnyStateNode {
  return (node.type === 'parallel' ? childrenOf(node)[0] : node.initial.target[0]) as AnyStateNode
}

function allNodes(node: AnyStateNode): AnyStateNode[] {
  return [node, ...childrenOf(node).flatMap(allNodes)]
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states)
}

function drawnChildrenOf(node: AnyStateNode, depth: number): AnyStateNode[] {
  return node.path.length < depth && node.key !== BACKOFF ? childrenOf(node) : []
}

function idOf(node: AnyStateNode): string {
  return node.id.replaceAll(/\W/g, '_')
}

function shade(node: AnyStateNode): string {
  return ['#f8fafc', '#eef2f7', '#e2e8f0'][Math.min(node.path.length - 1, 2)]!
}
