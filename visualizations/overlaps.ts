/**
 * What makes a picture illegible, found in its own boxes: texts on each other, an arrow through a text or a box that it
 * does not belong to, a text across a border or beyond the edge.
 */
import { contains, overlap, type Point, pieceBetween, type Rectangle } from './geometry.ts'
import type { Arrow } from './graph.ts'
import { headOf, type Placed, type PlacedBox } from './layout.ts'

/** Where a picture is shown smaller than it is, so is its type. */
const WIDEST = 900

export interface Area extends Rectangle {
  /** To say where it is wrong. */
  readonly name: string
}

/** @throws Error that tells all faults. */
export function refuseIllegible(picture: string, faults: readonly string[]): void {
  if (faults.length === 0) return
  throw new Error(
    `${picture} would be illegible:\n${faults.map((each) => `- ${each}`).join('\n')}\n` +
      'Lay it out otherwise: how, is said in visualizations/pictures.ts, and of the timeline in term.ts.',
  )
}

export function faultsOf({ boxes, arrows, width, height }: Placed): string[] {
  const labels = arrows.flatMap(({ arrow, label }) => (label ? [{ name: labelName(arrow), ...label }] : []))
  const solids = boxes.filter(({ box }) => box.boxes.length === 0).map((each) => ({ name: each.box.id, ...each }))
  const containers = boxes.filter(({ box }) => box.boxes.length > 0 && box.kind !== 'group')
  const heads = containers.map((each) => ({ name: `the title of ${each.box.id}`, ...headOf(each) }))
  const texts = [...labels, ...solids, ...heads]
  const lines = arrows.map(({ arrow, points }) => ({
    name: `${arrow.from} → ${arrow.to}`,
    points,
    own: [arrow.from, arrow.to, labelName(arrow)],
  }))
  return [
    ...(width > WIDEST ? [`it is ${width} pixels wide, and should be ${WIDEST} at most`] : []),
    ...overlapsAmong(texts),
    ...beyond(texts, { x: 0, y: 0, width, height }),
    ...lines.flatMap((line) =>
      struck(
        line.name,
        line.points,
        texts.filter(({ name }) => !line.own.includes(name)),
      ),
    ),
    ...texts.flatMap((text) => across(text, containers)),
  ]
}

/** Each two of them that lie on each other. */
export function overlapsAmong(areas: readonly Area[]): string[] {
  return areas.flatMap((area, index) =>
    areas
      .slice(index + 1)
      .filter((other) => overlap(area, other))
      .map((other) => `${area.name} and ${other.name} overlap`),
  )
}

export function beyond(areas: readonly Area[], picture: Rectangle): string[] {
  return areas.filter((area) => !contains(picture, area)).map(({ name }) => `${name} is not within the picture`)
}

export function struck(line: string, points: readonly Point[], areas: readonly Area[]): string[] {
  return areas
    .filter((area) => points.slice(1).some((to, index) => overlap(pieceBetween(points[index]!, to), area)))
    .map(({ name }) => `the arrow ${line} runs through ${name}`)
}

function across(text: Area, containers: readonly PlacedBox[]): string[] {
  return containers
    .filter((container) => overlap(container, text) && !contains(container, text))
    .map(({ box }) => `${text.name} lies across the border of ${box.id}`)
}

function labelName({ from, to, label }: Arrow): string {
  const text = label.flatMap((line) => line.map((span) => span.text)).join(' ')
  return `the label "${text}" of ${from} → ${to}`
}
