/** A timeline: times in seconds from left to right, lanes from top to bottom; it knows where its texts are. */
import type { Point } from './geometry.ts'
import { type Area, beyond, overlapsAmong, refuseIllegible, struck } from './overlaps.ts'
import { escaped, svgDocument } from './svg-document.ts'
import { LINE_HEIGHT, type Style, widthOf } from './text.ts'

/** A time, and how far down. */
type Place = readonly [time: number, y: number]

interface Frame {
  readonly width: number
  readonly height: number
  /** Room for the names of the lanes. */
  readonly left: number
  readonly right: number
  /** The last time that is shown. */
  readonly end: number
}

const BAR = 28
const AXIS = 34
/** A text from what it stands beside. */
const APART = 6

export class Timeline {
  readonly end: number
  private readonly frame: Frame
  private readonly shapes: string[] = []
  private readonly texts: string[] = []
  private readonly areas: Area[] = []
  private readonly lines: { readonly name: string; readonly points: readonly Point[] }[] = []

  constructor(frame: Frame) {
    this.frame = frame
    this.end = frame.end
  }

  /** Every so many seconds a line down to the given height. */
  axis(step: number, bottom: number): void {
    for (let time = 0; time < this.end; time += step) {
      const x = this.x(time)
      this.shapes.push(`<path class="grid" d="M${x},${AXIS + 6}V${bottom}"/>`)
      this.write({ x, y: AXIS }, time === 0 ? '0 s' : String(time), 'note', 'middle')
    }
  }

  lane(name: string, y: number): void {
    this.write({ x: 16, y: y + BAR / 2 + 4 }, name, 'heading', 'start')
  }

  /** @throws Error if the text does not fit in. */
  bar(from: number, to: number, y: number, shape: string, text: string): void {
    const [x, width] = [this.x(from), this.x(to) - this.x(from)]
    if (widthOf(text, 'event') + 8 > width) throw new Error(`"${text}" does not fit into its bar of ${width} pixels.`)
    this.shapes.push(`<rect class="${shape}" x="${x}" y="${y}" width="${width}" height="${BAR - 4}" rx="5"/>`)
    this.write({ x: x + width / 2, y: y + BAR / 2 + 2 }, text, 'event', 'middle', false)
  }

  /** Beside a moment: before it, or after it. */
  text(time: number, y: number, text: string, style: Style | 'failure', anchor: 'start' | 'end'): void {
    this.write({ x: this.x(time) + (anchor === 'start' ? APART : -APART), y }, text, style, anchor)
  }

  dot(time: number, y: number, tone = ''): void {
    this.shapes.push(`<circle class="head ${tone}" cx="${this.x(time)}" cy="${y}" r="3.5"/>`)
  }

  line(from: Place, to: Place): void {
    this.shapes.push(`<path class="arrow" d="${this.path(from, to)}"/>`)
  }

  arrow(from: Place, to: Place): void {
    const [a, b] = [this.at(from), this.at(to)]
    const length = Math.hypot(b.x - a.x, b.y - a.y)
    const [dx, dy] = [(b.x - a.x) / length, (b.y - a.y) / length]
    const base = { x: b.x - 6 * dx, y: b.y - 6 * dy }
    const corners = [b, { x: base.x - 3 * dy, y: base.y + 3 * dx }, { x: base.x + 3 * dy, y: base.y - 3 * dx }]
    this.line(from, to)
    this.shapes.push(`<path class="head" d="M${corners.map(({ x, y }) => `${round(x)},${round(y)}`).join('L')}Z"/>`)
  }

  /** A request that does not arrive. */
  lost(from: Place, to: Place): void {
    const { x, y } = this.at(to)
    this.shapes.push(`<path class="arrow failure" d="${this.path(from, to)}M${x - 3},${y - 3}l6,6m0,-6l-6,6"/>`)
  }

  /** A moment, across lanes: no text may lie on it. */
  upright(time: number, top: number, bottom: number, tone = ''): void {
    const x = this.x(time)
    this.shapes.push(`<path class="arrow moment ${tone}" d="M${x},${top}V${bottom}"/>`)
    const points = [
      { x, y: top },
      { x, y: bottom },
    ]
    this.lines.push({ name: `at ${time} s`, points })
  }

  /** How long it is between two moments. */
  span(from: number, to: number, y: number): void {
    const [left, right] = [this.x(from), this.x(to)]
    this.shapes.push(`<path class="arrow" d="M${left},${y - 5}v10M${right},${y - 5}v10M${left},${y}H${right}"/>`)
  }

  /** @throws Error if texts lie on each other, on a moment, or beyond the edge. */
  toSvg(about: { readonly title: string; readonly description: string }): string {
    const { width, height } = this.frame
    refuseIllegible('The timeline', [
      ...overlapsAmong(this.areas),
      ...beyond(this.areas, { x: 0, y: 0, width, height }),
      ...this.lines.flatMap(({ name, points }) => struck(name, points, this.areas)),
    ])
    return svgDocument({ ...about, width, height, content: [...this.shapes, ...this.texts] })
  }

  private write(
    { x, y }: Point,
    text: string,
    style: Style | 'failure',
    anchor: 'start' | 'middle' | 'end',
    isOnCanvas = true,
  ): void {
    const width = widthOf(text, style === 'failure' ? 'event' : style)
    const left = { start: x, middle: x - width / 2, end: x - width }[anchor]
    this.areas.push({ name: `"${text}"`, x: left, y: y - LINE_HEIGHT + 4, width, height: LINE_HEIGHT })
    this.texts.push(
      `<text class="${style}${isOnCanvas ? ' free' : ''}" x="${round(x)}" y="${y}" text-anchor="${anchor}">${escaped(text)}</text>`,
    )
  }

  private x(time: number): number {
    const { width, left, right, end } = this.frame
    return Math.round(left + (time * (width - left - right)) / end)
  }

  private at([time, y]: Place): Point {
    return { x: this.x(time), y }
  }

  private path(from: Place, to: Place): string {
    const [a, b] = [this.at(from), this.at(to)]
    return `M${a.x},${a.y}L${b.x},${b.y}`
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
