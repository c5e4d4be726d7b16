/** Gives boxes and arrows their places: ELK's layered layout, made for charts in charts. */
import { createRequire } from 'node:module'
import type {
  ELK,
  ELKConstructorArguments,
  ElkExtendedEdge,
  ElkNode,
  ElkPoint,
  LayoutOptions,
} from 'elkjs/lib/elk-api.js'
import type { Point, Rectangle } from './geometry.ts'
import { type Arrow, allBoxes, type Box, type Graph } from './graph.ts'
import { type Size, sizeOf, widthOf } from './text.ts'

export interface PlacedBox extends Rectangle {
  readonly box: Box
}

export interface PlacedArrow {
  readonly arrow: Arrow
  readonly points: readonly Point[]
  /** Where its label is, if it has one. */
  readonly label?: Rectangle
}

export interface Placed {
  readonly width: number
  readonly height: number
  /** Outer ones before those in them. */
  readonly boxes: readonly PlacedBox[]
  readonly arrows: readonly PlacedArrow[]
}

export const PADDING = 12
/** Between a container's border and what is in it. */
export const INSET = 16
export const TITLE_HEIGHT = 18

const SPACING = {
  'elk.spacing.nodeNode': '20',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelLabel': '6',
  'elk.spacing.labelNode': '6',
  'elk.layered.spacing.nodeNodeBetweenLayers': '20',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
}

/** The regions of a parallel state, in rows. */
const PACKED = {
  'elk.algorithm': 'rectpacking',
  'elk.rectpacking.widthApproximation.strategy': 'TARGET_WIDTH',
  'elk.rectpacking.widthApproximation.targetWidth': '800',
  'elk.spacing.nodeNode': '14',
}

/** Above each list, with a thin line in its middle. */
export const LIST_GAP = 9

/** What is written in a box has this size. */
function textSize({ within, title, lines, lists }: Box): Size {
  const list = sizeOf(lists.flat())
  const above = sizeOf([...(within === undefined ? [] : [[{ text: within, style: 'note' } as const]]), ...lines])
  return {
    width: Math.ceil(Math.max(widthOf(title, 'title'), list.width, above.width)),
    height: above.height + (title === '' ? 0 : TITLE_HEIGHT) + list.height + lists.length * LIST_GAP,
  }
}

/**
 * How a picture is laid out. None is the best for all: these were found by trying them, for few crossings and little
 * room.
 */
export interface Manner {
  readonly direction: 'DOWN' | 'RIGHT'
  readonly placement: 'NETWORK_SIMPLEX' | 'BRANDES_KOEPF' | 'LINEAR_SEGMENTS'
  readonly labels: 'MEDIAN_LAYER' | 'SPACE_EFFICIENT_LAYER' | 'HEAD_LAYER' | 'TAIL_LAYER'
  readonly seed: number
}

export async function layOut(graph: Graph, manner: Manner): Promise<Placed> {
  const elk = newElk()
  const isNested = graph.boxes.some(({ boxes }) => boxes.some(({ kind }) => kind === 'region'))
  const order = allBoxes(graph.boxes).map(({ id }) => id)
  const laid: ElkNode = await elk.layout<ElkNode>({
    id: 'picture',
    children: graph.boxes.map((box) => nodeOf(box, manner)),
    edges: graph.arrows.map((arrow, index) => edgeOf(arrow, index, order)),
    layoutOptions: {
      ...layered(manner),
      'elk.hierarchyHandling': isNested ? 'SEPARATE_CHILDREN' : 'INCLUDE_CHILDREN',
      'elk.json.edgeCoords': 'ROOT',
      'elk.json.shapeCoords': 'ROOT',
      'elk.padding': '[top=12,left=12,bottom=12,right=12]',
    },
  })
  return {
    width: Math.ceil(laid.width!),
    height: Math.ceil(laid.height!),
    boxes: placedBoxes(graph.boxes, laid.children ?? []),
    arrows: graph.arrows.map((arrow, index) => placedArrow(arrow, laid.edges![index]!)),
  }
}

function layered({ direction, placement, labels, seed }: Manner): LayoutOptions {
  return {
    'elk.algorithm': 'layered',
    'elk.direction': direction,
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.layered.nodePlacement.strategy': placement,
    'elk.layered.edgeLabels.centerLabelPlacementStrategy': labels,
    'elk.layered.thoroughness': '30',
    'elk.randomSeed': String(seed),
    ...SPACING,
  }
}

/** Its types say that the module is the constructor, and in Node.js it is. */
function newElk(): ELK {
  const Elk = createRequire(import.meta.url)('elkjs/lib/elk.bundled.js') as new (
    options?: ELKConstructorArguments,
  ) => ELK
  return new Elk()
}

/** Where the text of a box with others in it stands. */
export function headOf({ box, x, y }: PlacedBox): Rectangle {
  const { width, height } = textSize(box)
  return { x: x + INSET, y: y + PADDING, width, height }
}

function nodeOf(box: Box, manner: Manner): ElkNode {
  const text = textSize(box)
  const [width, height] = [text.width + 2 * PADDING, text.height + PADDING]
  if (box.kind === 'start') return { id: box.id, width: 10, height: 10 }
  if (box.boxes.length === 0) return { id: box.id, width, height }
  return {
    id: box.id,
    children: box.boxes.map((each) => nodeOf(each, manner)),
    layoutOptions: {
      ...layered(manner),
      'elk.padding':
        box.kind === 'group' ? '[]' : `[top=${height + PADDING},left=${INSET},bottom=${INSET},right=${INSET}]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width + 2 * INSET}, ${height})`,
      ...(box.boxes.some(({ kind }) => kind === 'region') && PACKED),
    },
  }
}

function edgeOf({ from, to, label }: Arrow, index: number, order: readonly string[]): ElkExtendedEdge {
  const size = sizeOf(label)
  return {
    id: `arrow${index}`,
    sources: [from],
    targets: [to],
    // What leads on, in the order of declaration, points on, too; arrows back are those that turn.
    layoutOptions: { 'elk.layered.priority.direction': order.indexOf(from) < order.indexOf(to) ? '10' : '0' },
    ...(label.length > 0 && {
      labels: [
        {
          id: `label${index}`,
          text: 'label',
          width: size.width + 8,
          height: size.height + 4,
          layoutOptions: { 'elk.edgeLabels.inline': 'true' },
        },
      ],
    }),
  }
}

function placedBoxes(boxes: readonly Box[], nodes: readonly ElkNode[]): PlacedBox[] {
  return boxes.flatMap((box) => {
    const node = nodes.find(({ id }) => id === box.id)!
    return [{ box, ...rectangle(node) }, ...placedBoxes(box.boxes, node.children ?? [])]
  })
}

function placedArrow(arrow: Arrow, { sections, labels }: ElkExtendedEdge): PlacedArrow {
  const points = sections!.flatMap(({ startPoint, bendPoints, endPoint }) => [
    startPoint,
    ...(bendPoints ?? []),
    endPoint,
  ])
  const label = labels?.[0]
  return { arrow, points: points.map(rounded), ...(label && { label: rectangle(label) }) }
}

function rectangle({ x = 0, y = 0, width = 0, height = 0 }: Partial<Rectangle>): Rectangle {
  const [left, top] = [Math.round(x), Math.round(y)]
  return { x: left, y: top, width: Math.round(x + width) - left, height: Math.round(y + height) - top }
}

function rounded({ x, y }: ElkPoint): Point {
  return { x: Math.round(x), y: Math.round(y) }
}
