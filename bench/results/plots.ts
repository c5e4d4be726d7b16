/** Plots of what was measured, as SVG that is legible on light and on dark ground, and the same for the same figures. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { PeerResults } from '../peers/results.ts'

export interface Picture {
  /** Under docs/. */
  readonly file: string
  /** What the axis tells. */
  readonly label: string
  readonly isLogarithmic?: true
  /** By its name in the results, and how the picture calls it. */
  readonly measurements: Readonly<Record<string, string>>
}

export const PICTURES: readonly Picture[] = [
  {
    file: 'measured-fail-over.svg',
    label: 'milliseconds, logarithmic',
    isLogarithmic: true,
    measurements: {
      'the leader stops: until the next one leads': 'No leader, after a stop',
      'the leader is killed: beyond the expiry, until the next one leads': 'No leader beyond the expiry, after a kill',
      'the leader is paused: awake again, until its callback says that it does not lead':
        'Awake again, until it says that it does not lead',
    },
  },
  {
    file: 'measured-start.svg',
    label: 'milliseconds',
    measurements: { 'a start: first request': 'From the start to the first request' },
  },
  {
    file: 'measured-memory.svg',
    label: 'MB',
    measurements: { "a leader and a follower: leader's memory": 'Resident memory of a leader' },
  },
  {
    file: 'measured-processor.svg',
    label: 'seconds',
    measurements: {
      "a leader and a follower: leader's processor time for 1,000 renewals": 'Processor time of 1,000 renewals',
    },
  },
]

/** Ours is coloured in a hue that stands out on both grounds; the rest is of the text's own colour. */
const [OURS, OTHERS] = ['#e8590c', 'currentColor']
const STYLE =
  '<style>svg{color:#1f2328;background:transparent}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>'
/** Where a logarithmic axis begins, which has no zero: what is less stands there. */
const LEAST = 1

export function plot(picture: Picture, { peers, measurements }: PeerResults, ours: string): string {
  const { document } = parseHTML('<html><body></body></html>')
  const titles = Object.values(picture.measurements)
  const shown = (value: number) => (picture.isLogarithmic ? Math.max(LEAST, value) : value)
  const dots = measurements.flatMap(({ name, version: peer = '', value, rounds = [] }) => {
    const title = picture.measurements[name]
    if (title === undefined) return []
    const known = [value, ...rounds].filter((each) => each !== null).map(shown)
    const fill = peer === ours ? OURS : OTHERS
    return [
      { title, peer, fill, value: value && shown(value), least: Math.min(...known), greatest: Math.max(...known) },
    ]
  })
  const place = { fy: 'title', y: 'peer' } as const
  const svg = Plot.plot({
    document: document as never,
    width: 720,
    marginLeft: 250,
    marginRight: 30,
    marginTop: 30,
    height: 60 + 26 * peers.length * titles.length,
    style: { background: 'transparent' },
    x: picture.isLogarithmic
      ? { type: 'log', label: picture.label, grid: true, nice: true, ticks: 4, tickFormat: ',' }
      : { label: picture.label, grid: true, zero: true },
    y: { domain: peers.map(({ name }) => name), label: null },
    fy: { domain: titles, label: null, axis: null, padding: 0.15 },
    marks: [
      Plot.text(titles, { fy: String, text: String, frameAnchor: 'top-left', dy: -16, fontWeight: 'bold' }),
      Plot.ruleY(
        dots.filter(({ value }) => value !== null),
        { ...place, x1: 'least', x2: 'greatest', stroke: 'fill', strokeWidth: 2 },
      ),
      Plot.dot(dots, { ...place, x: 'value', fill: 'fill', r: 4 }),
      Plot.text(
        dots.filter(({ value }) => value === null),
        { ...place, text: () => 'never', frameAnchor: 'right', fill: 'fill' },
      ),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return `${svg.outerHTML.replace('>', `>${STYLE}`)}\n`
}
