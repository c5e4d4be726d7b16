/**
 * How wide text is, without a browser. The widths are those of DejaVu Sans, the widest of the fonts that the pictures may
 * be shown in: in the others the same text is narrower, and still has its place.
 */

export type Style = 'title' | 'heading' | 'event' | 'guard' | 'note'

export interface Span {
  readonly text: string
  readonly style: Style
}

/** A line of text: its spans follow each other, with a space between. */
export type Line = readonly Span[]

export interface Size {
  readonly width: number
  readonly height: number
}

/** Size and weight of each style, in pixels; svg.ts writes the same into the pictures. */
export const FONTS: Readonly<Record<Style, { readonly size: number; readonly bold: boolean }>> = {
  title: { size: 14, bold: true },
  heading: { size: 12, bold: true },
  event: { size: 12, bold: false },
  guard: { size: 12, bold: false },
  note: { size: 12, bold: false },
}

export const LINE_HEIGHT = 15

/** Thousandths of the font's size, and the characters that are so wide. */
const WIDTHS: readonly (readonly [number, string])[] = [
  [278, "ijl'"],
  [318, ' ,.·IJ'],
  [361, '-/:;|f()[]'],
  [411, 'tr!"'],
  [525, 'szc*_–?'],
  [592, 'kvxyLF'],
  [615, 'aeoPTY'],
  [636, 'bdghnpquESρ0123456789$'],
  [698, 'ABCKRVXZ'],
  [787, 'DGHNOQU&'],
  [838, 'w+<=>→≥−±×'],
  [1000, 'mMW%@…'],
]

const WIDTH_OF = new Map(WIDTHS.flatMap(([width, characters]) => [...characters].map((each) => [each, width])))

/** Bold type is wider by this, at most. */
const BOLD = 1.12

export function widthOf(text: string, style: Style): number {
  const { size, bold } = FONTS[style]
  const thousandths = [...text].reduce((sum, character) => {
    const width = WIDTH_OF.get(character)
    if (width === undefined) {
      throw new Error(`The width of "${character}", in "${text}", is not known: add it to WIDTHS in text.ts.`)
    }
    return sum + width
  }, 0)
  return (thousandths * size * (bold ? BOLD : 1)) / 1000
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text, style }) => sum + widthOf(text, style), 0) + (line.length - 1) * widthOf(' ', 'note')
}

export function sizeOf(lines: readonly Line[]): Size {
  return { width: Math.ceil(Math.max(0, ...lines.map(lineWidth))), height: lines.length * LINE_HEIGHT }
}

/** Breaks between spans where a line would be wider; between words only where a span would not fit into any line. */
export function wrap(line: Line, width: number): Line[] {
  const pieces = line.flatMap((span) =>
    lineWidth([span]) <= width ? [span] : brokenUp(span.text.split(' '), span.style, width),
  )
  const lines: Span[][] = []
  for (const piece of pieces) {
    const last = lines.at(-1)
    if (last && lineWidth([...last, piece]) <= width) last.push(piece)
    else lines.push([piece])
  }
  return lines
}

function brokenUp(words: readonly string[], style: Style, width: number): Span[] {
  const spans: Span[] = []
  for (const word of words) {
    const last = spans.at(-1)
    const longer = { text: last ? `${last.text} ${word}` : word, style }
    if (last && lineWidth([longer]) <= width) spans[spans.length - 1] = longer
    else spans.push({ text: word, style })
  }
  return spans
}
