/** Plots of what was measured, as SVG that is legible on light and on dark ground, and the same for the same figures. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { PeerResults } from '../peers/results.ts'

export interface Picture {
  /** Under docs/. */
  readonly file: string
  /** What the axis tells. */
  readonly label: string
  /** By its name in the results, and how the picture calls it. */
  readonly measurements: Readonly<Record<string, string>>
  /** How one multiplies to get what the axis tells. */
  readonly factor: number
}

export const PICTURES: readonly Picture[] = [
  {
    file: 'measured-fail-over.svg',
    label: 'seconds (logarithmic)',
    factor: 1 / 1000,
    measurements: {
      'the leader stops: until the next one leads': 'no leader, after a stop',
      'the leader is killed: beyond the expiry, until the next one leads': 'beyond the expiry, after a kill',
      'the leader is paused: awake again, until its callback says that it does not lead': 'awake again, says to lead',
    },
  },
  {
    file: 'measured-memory.svg',
    label: 'MB',
    factor: 1,
    measurements: { "a leader and a follower: leader's memory": 'resident memory of a leader' },
  },
  {
    file: 'measured-processor.svg',
    label: 'seconds',
    factor: 1,
    measurements: {
      "a leader and a follower: leader's processor time for 1,000 renewals": 'processor time for 1,000 renewals',
      'a start: first request': 'milliseconds to the first request',
    },
  },
]

/** Ours is coloured in a hue that stands out on both grounds; the rest is of the text's own colour. */
const [OURS, OTHERS] = ['#e8590c', 'currentColor']
const STYLE =
  '<style>svg{color:#1f2328;background:transparent}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>'
/** What can't be shown on a logarithmic axis, which has no zero. */
const LEAST = 0.001

export function plot(picture: Picture, { peers, measurements }: PeerResults, ours: string): string {
  const { document } = parseHTML('<html><body></body></html>')
  const isLogarithmic = picture.label.includes('logarithmic')
  const shown = (value: number | null) => {
    const scaled = value === null ? null : value * picture.factor
    return scaled !== null && isLogarithmic ? Math.max(LEAST, scaled) : scaled
  }
  const marks = measurements.flatMap(({ name, version = '', value, rounds = [] }) => {
    const what = picture.measurements[name]
    const known = rounds.filter((round) => round !== null)
    if (what === undefined || value === null) return []
    const [least, greatest] = [shown(Math.min(value, ...known)), shown(Math.max(value, ...known))]
    return [{ what, peer: version, value: shown(value), least, greatest, fill: version === ours ? OURS : OTHERS }]
  })
  const facets = { fy: 'what', y: 'peer' } as const
  const svg = Plot.plot({
    document: document as never,
    width: 720,
    marginLeft: 250,
    marginRight: 30,
    height: 60 + 24 * peers.length * Object.keys(picture.measurements).length,
    style: { background: 'transparent' },
    x: {
      type: isLogarithmic ? 'log' : 'linear',
      label: picture.label,
      grid: true,
      ...(isLogarithmic ? {} : { zero: true }),
    },
    y: { domain: peers.map(({ name }) => name), label: null },
    fy: { domain: Object.values(picture.measurements), label: null, axis: null },
    marks: [
      Plot.text(Object.values(picture.measurements), {
        fy: (what) => what,
        text: (what) => what,
        frameAnchor: 'top-right',
        dy: 4,
        fontWeight: 'bold',
      }),
      Plot.ruleY(marks, { ...facets, x1: 'least', x2: 'greatest', stroke: 'fill', strokeWidth: 2 }),
      Plot.dot(marks, { ...facets, x: 'value', fill: 'fill', r: 4 }),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return `${svg.outerHTML.replace('>', `>${STYLE}`)}\n`
}
