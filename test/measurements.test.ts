/** What the benches make of what they measure: medians, terms, judgements, and the tables of the documents. */
import { expect, test } from 'vitest'
import { ofRounds } from '../bench/measurement.ts'
import { judge } from '../bench/mixed/judgement.ts'
import { countLeaders, overlapsOf, termsOf } from '../bench/peers/terms.ts'
import { timeByModule } from '../bench/profile/modules.ts'
import { withBlock } from '../bench/results/blocks.ts'
import { judgeClaim, ratioText } from '../bench/results/claims.ts'
import { fullTables } from '../bench/results/tables.ts'
import { insistOnNoGrowth } from '../bench/soak.ts'

test('of rounds the median counts, and what did not come about is the greatest', () => {
  expect(ofRounds('x', 'ms', [5, 1, 3]).value).toBe(3)
  expect(ofRounds('x', 'ms', [4, 1, 3, 2]).value).toBe(2.5)
  expect(ofRounds('x', 'ms', [1, null, 2]).value).toBe(2)
  expect(ofRounds('x', 'ms', [1, null, null]).value).toBeNull()
})

const at = (...times: number[]) => times.map((time) => ({ stand: { lease: 'x', identity: 'a' }, at: time }))

test('a term ends with the first loss after its beginning, and the last one may last', () => {
  expect(termsOf('a', at(10, 30), at(20))).toEqual([
    { who: 'a', from: 10, to: 20 },
    { who: 'a', from: 30, to: Infinity },
  ])
})

test('of two terms at one time, the late one is the one that began first', () => {
  const terms = [
    { who: 'b', from: 20, to: 50 },
    { who: 'a', from: 10, to: 25 },
    { who: 'a', from: 60, to: 70 },
  ]
  expect(overlapsOf(terms)).toEqual([{ late: 'a', next: 'b', from: 20, to: 25 }])
})

test('the time without a leader and that with several are told apart', () => {
  const terms = [
    { who: 'a', from: 0, to: 12 },
    { who: 'b', from: 10, to: 20 },
    { who: 'c', from: 11, to: 13 },
    { who: 'b', from: 30, to: Infinity },
  ]
  expect(countLeaders(terms, 5, 40)).toEqual({ none: 10, several: 3 })
  expect(countLeaders([], 5, 40)).toEqual({ none: 35, several: 0 })
})

const candidate = (identity: string, peer: string) => ({
  identity,
  peer,
  led: at(),
  lost: at(),
  saidToLead: [] as number[],
  pauses: [] as { from: number; to: number }[],
})

test('who stands still says nothing: only what the late one says awake counts, and is attributed to it', () => {
  const asleep = { ...candidate('a', 'ours'), led: at(0), lost: at(30), pauses: [{ from: 10, to: 29 }] }
  const next = { ...candidate('b', 'client-go'), led: at(20) }
  expect(judge([asleep, next], 50)).toEqual({
    terms: { ours: 1, 'client-go': 1 },
    overlaps: [{ late: 'ours', next: 'client-go', milliseconds: 1 }],
    untrue: [],
  })
  const neverAwake = { ...asleep, lost: at(29) }
  expect(judge([neverAwake, next], 50).overlaps).toEqual([])
})

test('an `isLeading()` that is true beside a later leader is noticed; beside a late one it is right', () => {
  const late = { ...candidate('a', 'ours'), led: at(0), lost: at(30), saidToLead: [5, 19, 25] }
  const next = { ...candidate('b', 'ours'), led: at(20), lost: at(40), saidToLead: [21, 29] }
  expect(judge([late, next], 50).untrue).toEqual([{ identity: 'a', beside: 'b', at: 25 }])
})

test("a profile's time is counted by folder, package and module of Node.js, without that of waiting", () => {
  const frame = (url: string, functionName = 'f') => ({
    url,
    functionName,
    scriptId: '',
    lineNumber: 0,
    columnNumber: 0,
  })
  const nodes = [
    { id: 1, callFrame: frame('', '(idle)') },
    { id: 2, callFrame: frame('file:///somewhere/dist/kubernetes/http/queue.js') },
    { id: 3, callFrame: frame('file:///somewhere/node_modules/xstate/dist/xstate.js') },
    { id: 4, callFrame: frame('node:internal/http2/core') },
    { id: 5, callFrame: frame('', '(garbage collector)') },
  ]
  const samples = [1, 2, 3, 4, 2, 5]
  const timeDeltas = [9_000, 4_000, 3_000, 2_000, 4_000, 10]
  expect(timeByModule({ nodes, samples, timeDeltas, startTime: 0, endTime: 0 }, 0.01)).toEqual([
    { module: 'kubernetes/http', milliseconds: 8 },
    { module: 'xstate', milliseconds: 3 },
    { module: 'node:internal/http2/core', milliseconds: 2 },
    { module: 'all others', milliseconds: expect.closeTo(0.01) },
  ])
})

test('a generated part replaces what stands between its marks and nothing else, and misses them loudly', () => {
  const document = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n'
  expect(withBlock(document, 'x', 'new')).toBe('a\n<!-- x -->\nnew\n<!-- /x -->\nb\n')
  expect(() => withBlock(document, 'y', 'new')).toThrow('no <!-- y -->')
})

const CLAIM = { what: 'it', measurement: 'case: figure', goal: 1 / 20 }
const results = (ours: number | null, theirs: number | null, unit = 'ms') => ({
  date: '',
  commit: '',
  machine: { processor: '', cores: 0, memory: '', system: '', node: '' },
  timing: { leaseDuration: 15, renewDeadline: 10, retryPeriod: 2 },
  rounds: 1,
  window: 60,
  peers: [
    { name: 'ours', version: '1' },
    { name: 'client-go', version: '2' },
  ],
  missing: [],
  measurements: [
    { name: 'case: figure', unit, value: ours, rounds: [ours, ours, ours], version: 'ours' },
    { name: 'case: figure', unit, value: theirs, version: 'client-go' },
  ],
})

test('a goal is met by a ratio that is no greater; what never came about meets none', () => {
  const judged = (ours: number | null, theirs: number | null) =>
    judgeClaim(results(ours, theirs), CLAIM, ['ours', 'client-go'])
  expect(judged(5, 100).isMet).toBe(true)
  expect(judged(6, 100).isMet).toBe(false)
  expect(judged(null, 100).isMet).toBe(false)
  expect(judgeClaim(results(0, 3), { ...CLAIM, goal: undefined }, ['ours', 'client-go']).isMet).toBe(true)
  expect(judgeClaim(results(1, 3), { ...CLAIM, goal: undefined }, ['ours', 'client-go']).isMet).toBe(false)
  expect(() => judgeClaim(results(1, 3), { ...CLAIM, measurement: 'other' }, ['ours', 'client-go'])).toThrow('other')
})

test('a ratio is told as one says it, and where there is none the two figures are', () => {
  expect(ratioText({ ours: 4, theirs: 100 })).toBe('1/25')
  expect(ratioText({ ours: 2.14, theirs: 1 })).toBe('2.1 ×')
  expect(ratioText({ ours: 0, theirs: 1_800 })).toBe('0 to 1,800')
  expect(ratioText({ ours: 5, theirs: null })).toBe('5 to never')
})

test('a table has a column for each peer, and the spread of what was repeated', () => {
  expect(fullTables(results(1_234, null))).toBe(
    [
      '**case**',
      '',
      '|            |                ours | client-go |',
      '| ---------- | ------------------: | --------: |',
      '| figure, ms | 1,230 (1,230–1,230) |     never |',
    ].join('\n'),
  )
})

test('what a process holds may come and go, but a listener more, or a heap that grows, ends a soak', () => {
  const first = { heap: 20 * 2 ** 20, descriptors: 20, sockets: 1, timers: 200, resources: 210, listeners: 31 }
  expect(() => insistOnNoGrowth(first, { ...first, sockets: 2, timers: 250, heap: 22 * 2 ** 20 })).not.toThrow()
  expect(() => insistOnNoGrowth(first, { ...first, listeners: 32 })).toThrow('listeners grew from 31 to 32')
  expect(() => insistOnNoGrowth(first, { ...first, heap: 30 * 2 ** 20 })).toThrow('heap grew')
})
