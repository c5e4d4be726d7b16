/** A laid out picture as SVG, for light and dark surroundings. */
import { distance, outside, type Point, towards } from './geometry.ts'
import type { Box } from './graph.ts'
import { INSET, LIST_GAP, PADDING, type Placed, type PlacedArrow, type PlacedBox, TITLE_HEIGHT } from './layout.ts'
import { escaped, svgDocument } from './svg-document.ts'
import { LINE_HEIGHT, type Line } from './text.ts'

const CORNER = 7
const HEAD = { length: 7, width: 6 }

export function toSvg(placed: Placed, about: { readonly title: string; readonly description: string }): string {
  return svgDocument({
    ...about,
    width: placed.width,
    height: placed.height,
    content: [...placed.boxes.map(drawBox), ...placed.arrows.map(drawArrow), ...placed.arrows.flatMap(drawLabel)],
  })
}

function drawBox(placed: PlacedBox): string {
  const { box, x, y, width, height } = placed
  if (box.kind === 'group') return ''
  if (box.kind === 'start')
    return `<circle class="start" cx="${x + width / 2}" cy="${y + height / 2}" r="${width / 2}"/>`
  const radius = box.kind === 'outside' || box.kind === 'anywhere' ? Math.min(height / 2, 16) : 8
  const drawing = [
    `<rect class="${classesOf(box)}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`,
    ...(box.isFinal
      ? [
          `<rect class="ring ${box.tone}" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="${radius - 3}"/>`,
        ]
      : []),
    ...drawText(placed),
  ].join('\n')
  return box.state ? `<a href="../docs/statechart.md#${anchorOf(box.state)}">\n${drawing}\n</a>` : drawing
}

/** Title and lines centred, lists from the left; in a box with others in it, all of it from the left. */
function drawText({ box, x, y, width }: PlacedBox): string[] {
  const isContainer = box.boxes.length > 0
  const left = x + (isContainer ? INSET : PADDING)
  const anchor = isContainer ? 'start' : 'middle'
  const middle = isContainer ? left : x + width / 2
  let top = y + (isContainer ? PADDING : PADDING / 2)
  const next = (line: Line, at: number, how: 'start' | 'middle', height = LINE_HEIGHT) => {
    top += height
    return drawLine(line, at, top - 4, how)
  }
  const drawn: string[] = []
  if (box.within !== undefined) drawn.push(next([{ text: box.within, style: 'note' }], middle, anchor))
  if (box.title !== '') drawn.push(next([{ text: box.title, style: 'title' }], middle, anchor, TITLE_HEIGHT))
  for (const line of box.lines) drawn.push(next(line, middle, anchor))
  for (const list of box.lists) {
    top += LIST_GAP
    if (!isContainer) drawn.push(`<path class="rule" d="M${x},${top - LIST_GAP / 2}h${width}"/>`)
    for (const line of list) drawn.push(next(line, left, 'start'))
  }
  return drawn
}

function drawLine(line: Line, x: number, y: number, anchor: 'start' | 'middle'): string {
  const spans = line.map(({ text, style }) => `<tspan class="${style}">${escaped(text)}</tspan>`).join(' ')
  return `<text x="${x}" y="${y}"${anchor === 'middle' ? ' text-anchor="middle"' : ''}>${spans}</text>`
}

/** The line has a gap where its label stands. */
function drawArrow({ arrow, points, label }: PlacedArrow): string {
  const tip = points.at(-1)!
  const before = points.at(-2)!
  const base = towards(tip, before, HEAD.length)
  const [dx, dy] = [(tip.x - base.x) / HEAD.length, (tip.y - base.y) / HEAD.length]
  const side = { x: (-dy * HEAD.width) / 2, y: (dx * HEAD.width) / 2 }
  const head = [tip, { x: base.x + side.x, y: base.y + side.y }, { x: base.x - side.x, y: base.y - side.y }]
  const line = [...points.slice(0, -1), base]
  return [
    `<path class="arrow ${arrow.tone}" d="${(label ? outside(line, label) : [line]).map(pathOf).join('')}"/>`,
    `<path class="head ${arrow.tone}" d="M${head.map(at).join('L')}Z"/>`,
  ].join('\n')
}

function pathOf(points: readonly Point[]): string {
  const parts = points.map((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]]
    if (!before) return `M${at(point)}`
    if (!after) return `L${at(point)}`
    const radius = Math.min(CORNER, distance(before, point) / 2, distance(point, after) / 2)
    return `L${at(towards(point, before, radius))}Q${at(point)} ${at(towards(point, after, radius))}`
  })
  return parts.join('')
}

function drawLabel({ arrow, label }: PlacedArrow): string[] {
  if (!label) return []
  const centre = label.x + label.width / 2
  return arrow.label.map((line, index) => drawLine(line, centre, label.y + 2 + (index + 1) * LINE_HEIGHT - 4, 'middle'))
}

/** The anchor of a state in the documentation. */
function anchorOf(state: string): string {
  return state.replaceAll('.', '-')
}

function at({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`
}

function classesOf({ kind, tone, isFinal }: Box): string {
  return [kind, tone, ...(isFinal ? ['final'] : [])].join(' ')
}
