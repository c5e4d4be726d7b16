/** All pictures, from the machine and from the defaults: nothing in them is drawn by hand. */
import type { AnyStateMachine } from 'xstate'
import { readChart } from './chart.ts'
import { detail } from './detail.ts'
import { folded } from './fold.ts'
import type { Graph } from './graph.ts'
import { layOut, type Manner } from './layout.ts'
import { briefMermaid, wholeMermaid } from './mermaid.ts'
import { faultsOf, refuseIllegible } from './overlaps.ts'
import { overview } from './overview.ts'
import { toSvg } from './svg.ts'
import { drawTerm } from './term.ts'

const OVERVIEW: Manner = { direction: 'DOWN', placement: 'NETWORK_SIMPLEX', labels: 'HEAD_LAYER', seed: 3 }

/** Of each composite state. */
const DETAILS: Readonly<Record<string, Manner>> = {
  observing: { direction: 'DOWN', placement: 'BRANDES_KOEPF', labels: 'MEDIAN_LAYER', seed: 2 },
  acquiring: { direction: 'RIGHT', placement: 'BRANDES_KOEPF', labels: 'MEDIAN_LAYER', seed: 2 },
  leading: { direction: 'DOWN', placement: 'BRANDES_KOEPF', labels: 'MEDIAN_LAYER', seed: 2 },
  releasing: { direction: 'DOWN', placement: 'LINEAR_SEGMENTS', labels: 'SPACE_EFFICIENT_LAYER', seed: 1 },
  deposed: { direction: 'DOWN', placement: 'NETWORK_SIMPLEX', labels: 'SPACE_EFFICIENT_LAYER', seed: 1 },
}

export interface Pictures {
  /** By the name of the file. */
  readonly files: ReadonlyMap<string, string>
  /** The overview in Mermaid's language, for the documentation. */
  readonly mermaid: string
}

/** @throws Error where one would be illegible, or has no picture yet. */
export async function drawAll(machine: AnyStateMachine): Promise<Pictures> {
  const chart = folded(readChart(machine))
  const files = new Map<string, string>()
  const draw = async (name: string, graph: Graph, manner: Manner, description: string) => {
    const placed = await layOut(graph, manner)
    refuseIllegible(name, faultsOf(placed))
    files.set(`${name}.svg`, toSvg(placed, { title: `The statechart of the election: ${name}`, description }))
  }
  const composites = chart.root.states.filter(({ states }) => states.length > 0)
  await draw('overview', overview(chart), OVERVIEW, `Its states: ${chart.root.states.map(({ id }) => id).join(', ')}.`)
  for (const { id, states } of composites) {
    const manner = DETAILS[id]
    if (!manner) throw new Error(`How is ${id} laid out? Add it to DETAILS in visualizations/pictures.ts.`)
    await draw(id, detail(chart, id), manner, `Its substates: ${states.map(({ key }) => key).join(', ')}.`)
  }
  files.set('term.svg', drawTerm())
  files.set('election.mmd', wholeMermaid(chart))
  return { files, mermaid: briefMermaid(chart) }
}

const BLOCK = /(?<=^```mermaid\n)[^`]*(?=^```$)/m

/** The document with the present overview in its Mermaid block. */
export function inDocument(document: string, mermaid: string): string {
  if (!BLOCK.test(document))
    throw new Error('docs/statechart.md has no block for the overview: add an empty ```mermaid.')
  return document.replace(BLOCK, () => mermaid)
}
