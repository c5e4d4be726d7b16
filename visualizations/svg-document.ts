/** What all pictures have in common: their size, their colours by light and by dark, what they tell who can't see them. */
import { FONTS } from './text.ts'

interface Picture {
  readonly title: string
  readonly description: string
  readonly width: number
  readonly height: number
  readonly content: readonly string[]
  readonly style?: string
}

/** Of text, of quiet text, of lines; then of each tone the fill and the line. */
interface Colours {
  readonly canvas: string
  readonly frame: string
  readonly state: string
  readonly text: string
  readonly quiet: string
  readonly border: string
  readonly line: string
  readonly tones: Readonly<Record<'leading' | 'over' | 'failure', readonly [fill: string, line: string]>>
}

const LIGHT: Colours = {
  canvas: '#ffffff',
  frame: '#f6f8fa',
  state: '#ffffff',
  text: '#1f2328',
  quiet: '#59636e',
  border: '#c8d1da',
  line: '#6e7781',
  tones: {
    leading: ['#e6f6ea', '#1a7f37'],
    over: ['#fff5d6', '#9a6700'],
    failure: ['#ffebe9', '#cf222e'],
  },
}

const DARK: Colours = {
  canvas: '#0d1117',
  frame: '#151b23',
  state: '#212830',
  text: '#f0f6fc',
  quiet: '#9198a1',
  border: '#3d444d',
  line: '#848d97',
  tones: {
    leading: ['#12261b', '#3fb950'],
    over: ['#2a2111', '#d29922'],
    failure: ['#301a1f', '#f85149'],
  },
}

export function svgDocument({ title, description, width, height, content, style = '' }: Picture): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="graphics-document" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    '<style>',
    SHAPES,
    style,
    rulesOf(LIGHT),
    `@media (prefers-color-scheme: dark) {\n${rulesOf(DARK)}\n}`,
    '</style>',
    `<rect class="canvas" width="${width}" height="${height}" rx="10"/>`,
    ...content.filter((each) => each !== ''),
    '</svg>',
    '',
  ].join('\n')
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const SHAPES = [
  'text { font-family: -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; font-size: 12px }',
  ...Object.entries(FONTS).map(
    ([style, { size, bold }]) => `.${style} { font-size: ${size}px${bold ? '; font-weight: 600' : ''} }`,
  ),
  '.arrow, .ring { fill: none }',
  '.region, .outside:not(.final) { stroke-dasharray: 4 3 }',
  '.arrow { stroke-width: 1.3 }',
  '.moment { stroke-dasharray: 2 3 }',
  'a:hover .title { text-decoration: underline }',
].join('\n')

function rulesOf({ canvas, frame, state, text, quiet, border, line, tones }: Colours): string {
  return [
    `.canvas { fill: ${canvas} }`,
    `text { fill: ${text} }`,
    `.free { paint-order: stroke; stroke: ${canvas}; stroke-width: 4px }`,
    `.guard, .note { fill: ${quiet} }`,
    `.frame { fill: ${frame}; stroke: ${border} }`,
    `.region { fill: none; stroke: ${border} }`,
    `.state { fill: ${state}; stroke: ${line} }`,
    `.outside { fill: ${canvas}; stroke: ${line} }`,
    `.anywhere { fill: ${frame}; stroke: ${border} }`,
    `.rule { stroke: ${border} }`,
    `.grid { stroke: ${border}; opacity: 0.5 }`,
    `.start, .head { fill: ${line} }`,
    `.arrow, .ring { stroke: ${line} }`,
    ...Object.entries(tones).flatMap(([tone, [fill, stroke]]) => [
      `.state.${tone}, .outside.${tone} { fill: ${fill}; stroke: ${stroke} }`,
      `.frame.${tone} { stroke: ${stroke} }`,
      `.arrow.${tone}, .ring.${tone} { stroke: ${stroke} }`,
      `.head.${tone}, text.${tone} { fill: ${stroke} }`,
    ]),
  ].join('\n')
}
