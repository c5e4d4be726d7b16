/** Points, rectangles, and lines of straight pieces. */

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Rectangle extends Point {
  readonly width: number
  readonly height: number
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

/** The point that lies so far from the one on the way to the other. */
export function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1
  return { x: from.x + ((to.x - from.x) * by) / length, y: from.y + ((to.y - from.y) * by) / length }
}

export function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

export function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  )
}

/** The rectangle of a straight piece, at least a pixel wide. */
export function pieceBetween(a: Point, b: Point): Rectangle {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)]
  return { x, y, width: Math.max(1, Math.abs(a.x - b.x)), height: Math.max(1, Math.abs(a.y - b.y)) }
}

/** The parts of a line, of horizontal and vertical pieces, that are not in a rectangle. */
export function outside(line: readonly Point[], area: Rectangle): Point[][] {
  const parts: Point[][] = [[line[0]!]]
  for (const [index, to] of line.slice(1).entries()) {
    const from = line[index]!
    const [start, end] = within(from, to, area)
    if (start >= end) {
      parts.at(-1)!.push(to)
      continue
    }
    const length = distance(from, to)
    if (start > 0) parts.at(-1)!.push(towards(from, to, start * length))
    parts.push([towards(from, to, end * length), to])
  }
  return parts.filter((part) => part.length > 1 && distance(part[0]!, part.at(-1)!) > 0)
}

/** From which share to which share of the piece it is in the area; as much or more where it is not. */
function within(from: Point, to: Point, { x, y, width, height }: Rectangle): [number, number] {
  const [acrossX, acrossY] = [share(from.x, to.x, x, x + width), share(from.y, to.y, y, y + height)]
  return [Math.max(0, acrossX[0], acrossY[0]), Math.min(1, acrossX[1], acrossY[1])]
}

function share(from: number, to: number, low: number, high: number): [number, number] {
  if (from === to) return from > low && from < high ? [0, 1] : [1, 0]
  const [first, second] = [(low - from) / (to - from), (high - from) / (to - from)]
  return first < second ? [first, second] : [second, first]
}
