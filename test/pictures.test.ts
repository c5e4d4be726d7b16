/** The pictures show all of the machine, legibly, and lead into the documentation. */
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AnyStateNode } from 'xstate'
import { getStateNodes } from 'xstate/graph'
import { buildStatechart } from '../src/statechart/machine.ts'
import { type Chart, readChart } from '../visualizations/chart.ts'
import { detail } from '../visualizations/detail.ts'
import { folded } from '../visualizations/fold.ts'
import type { Point } from '../visualizations/geometry.ts'
import { layOut, type Placed, type PlacedArrow } from '../visualizations/layout.ts'
import { wholeMermaid } from '../visualizations/mermaid.ts'
import { faultsOf } from '../visualizations/overlaps.ts'
import { overview } from '../visualizations/overview.ts'
import { drawAll, inDocument, type Pictures } from '../visualizations/pictures.ts'
import { Timeline } from '../visualizations/timeline.ts'
import { readDocuments } from './support/documents.ts'

const machine = buildStatechart()
const chart = readChart(machine)
const textOf = (path: string) => readFile(new URL(`../${path}`, import.meta.url), 'utf8')

let pictures: Pictures
/** A picture without a fault, to plant some in. */
let deposed: Placed

beforeAll(async () => {
  pictures = await drawAll(machine)
  const graph = detail(folded(chart), 'deposed')
  deposed = await layOut(graph, { direction: 'DOWN', placement: 'NETWORK_SIMPLEX', labels: 'TAIL_LAYER', seed: 1 })
})

test('the stored pictures are those that the machine draws, byte for byte, and so is the one in the document', async () => {
  expect([...pictures.files.keys()].sort()).toEqual([
    'acquiring.svg',
    'deposed.svg',
    'election.mmd',
    'leading.svg',
    'observing.svg',
    'overview.svg',
    'releasing.svg',
    'term.svg',
  ])
  for (const [file, picture] of pictures.files) {
    expect(await textOf(`visualizations/${file}`), `${file}: npm run pictures`).toBe(picture)
  }
  const document = await textOf('docs/statechart.md')
  expect(document, 'docs/statechart.md: npm run pictures').toBe(inDocument(document, pictures.mermaid))
})

describe('without any one of its transitions the machine has', () => {
  test('another picture', () => expect(unseenIn(textsOfPictures)).toEqual([]))

  test('another Mermaid form', () => expect(unseenIn((each) => wholeMermaid(folded(each)))).toEqual([]))
})

test('a machine without a transition is drawn otherwise, in the picture of its state and in no other', async () => {
  const without = buildStatechart()
  const following = (getStateNodes(without.root) as AnyStateNode[]).find(({ key }) => key === 'following')!
  following.transitions.set('watchOpened', following.transitions.get('watchOpened')!.slice(1))
  const { files } = await drawAll(without)
  const changed = [...files].filter(([file, picture]) => pictures.files.get(file) !== picture)
  expect(changed.map(([file]) => file)).toEqual(['observing.svg', 'election.mmd'])
})

test('every state is in a picture, as a link to a paragraph that there is', async () => {
  const documents = await readDocuments()
  const { anchors } = documents.find(({ path }) => path === 'docs/statechart.md')!
  const links = [...pictures.files.values()].flatMap((picture) =>
    [...picture.matchAll(/<a href="([^"]+)">/g)].map(([, link]) => link!),
  )
  const states = getStateNodes(machine.root).map(({ path }) => path.filter((key) => !/^retry\d+$/.test(key)))
  expect(new Set(links)).toEqual(new Set(states.map((path) => `../docs/statechart.md#${path.join('-')}`)))
  for (const link of links) expect(anchors, link).toContain(link.split('#')[1])
})

test('every picture fits into 900 pixels with type of 12 at least, knows light and dark, and says what it shows', () => {
  const svgs = [...pictures.files].filter(([file]) => file.endsWith('.svg'))
  expect(svgs).toHaveLength(7)
  for (const [file, picture] of svgs) {
    expect(Number(/viewBox="0 0 (\d+) /.exec(picture)![1]), file).toBeLessThanOrEqual(900)
    for (const [, size] of picture.matchAll(/font-size: (\d+)px/g))
      expect(Number(size), file).toBeGreaterThanOrEqual(12)
    expect(picture).toContain('@media (prefers-color-scheme: dark)')
    expect(picture).toMatch(/<title id="title">.+<\/title>\n<desc id="description">.+<\/desc>/)
  }
})

describe('the check of a picture finds', () => {
  test('nothing where nothing is wrong', () => expect(faultsOf(deposed)).toEqual([]))

  test('a picture too wide to be shown as large as it is', () => {
    expect(faultsOf({ ...deposed, width: 901 })).toEqual(['it is 901 pixels wide, and should be 900 at most'])
  })

  test('two labels on each other', () => {
    expect(faultsWithLabelAt(placeOf(labelled()[1]!))).toContainEqual(
      expect.stringMatching(/^the label ".+" of .+ and the label ".+" of .+ overlap$/),
    )
  })

  test('a label on a box', () => {
    expect(faultsWithLabelAt(boxOf('deposed.stopping'))).toContainEqual(
      expect.stringMatching(/^the label ".+" of .+ and deposed\.stopping overlap$/),
    )
  })

  test('a label on the title of the frame', () => {
    const { x, y } = boxOf('deposed')
    expect(faultsWithLabelAt({ x: x + 20, y: y + 20 })).toContainEqual(
      expect.stringMatching(/^the label ".+" of .+ and the title of deposed overlap$/),
    )
  })

  test('a label across a border', () => {
    const { x, y } = boxOf('deposed')
    expect(faultsWithLabelAt({ x: x - 5, y: y + 150 })).toContainEqual(
      expect.stringMatching(/^the label ".+" of .+ lies across the border of deposed$/),
    )
  })

  test('a label beyond the edge', () => {
    expect(faultsWithLabelAt({ x: deposed.width - 5, y: 20 })).toContainEqual(
      expect.stringMatching(/^the label ".+" of .+ is not within the picture$/),
    )
  })

  test('an arrow through the label of another', () => {
    const [first, second] = labelled()
    const { x, y } = placeOf(second!)
    const points = [
      { x: x + 5, y: y - 50 },
      { x: x + 5, y: y + 50 },
    ]
    expect(faultsWith(first!, { ...first!, points })).toContainEqual(
      expect.stringMatching(/^the arrow .+ runs through the label ".+" of .+$/),
    )
  })

  test('two texts of a timeline on each other', () => {
    const timeline = new Timeline({ width: 200, height: 100, left: 10, right: 10, end: 10 })
    timeline.text(1, 50, 'a text', 'event', 'start')
    timeline.text(2, 55, 'another', 'event', 'start')
    expect(() => timeline.toSvg({ title: '', description: '' })).toThrow('"a text" and "another" overlap')
  })
})

/** The transitions whose removal changes nothing of what is told. */
function unseenIn(told: (chart: Chart) => string) {
  const whole = told(chart)
  return chart.transitions.filter(
    (removed) => told({ ...chart, transitions: chart.transitions.filter((each) => each !== removed) }) === whole,
  )
}

/** All that stands in boxes and at arrows, before it is laid out. */
function textsOfPictures(unfolded: Chart): string {
  const drawn = folded(unfolded)
  const composites = drawn.root.states.filter(({ states }) => states.length > 0)
  return JSON.stringify([overview(drawn), ...composites.map(({ id }) => detail(drawn, id))])
}

function labelled(): PlacedArrow[] {
  return deposed.arrows.filter(({ arrow, label }) => label && arrow.from === 'deposed.judging')
}

/** With the first label somewhere else. */
function faultsWithLabelAt({ x, y }: Point): string[] {
  const [first] = labelled()
  return faultsWith(first!, { ...first!, label: { ...first!.label!, x, y } })
}

function boxOf(id: string) {
  return deposed.boxes.find(({ box }) => box.id === id)!
}

function placeOf({ label }: PlacedArrow): Point {
  return { x: label!.x, y: label!.y }
}

function faultsWith(before: PlacedArrow, after: PlacedArrow): string[] {
  return faultsOf({ ...deposed, arrows: deposed.arrows.map((each) => (each === before ? after : each)) })
}
