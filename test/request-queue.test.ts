/** In which order requests are sent, and how many at once. */
import { getEventListeners } from 'node:events'
import { beforeEach, expect, test } from 'vitest'
import { type Leave, RequestQueue } from '../src/kubernetes/http/request-queue.ts'
import type { Urgency } from '../src/lease/attempt.ts'
import { ManualClock } from './support/manual-clock.ts'

const LIMITS = { terms: 4, others: 2, hanging: 6 }
const FIRST = 16

let clock: ManualClock
let queue: RequestQueue
/** Who was let go, in order, and how each says that it is done. */
let underWay: Map<string, Leave>
let order: string[]

beforeEach(() => {
  clock = new ManualClock()
  queue = new RequestQueue(clock, LIMITS)
  underWay = new Map()
  order = []
})

const { signal: never } = new AbortController()
const look = { purpose: 'look' } as const
const keep = (until: number): Urgency => ({ purpose: 'keep', until })

async function enter(name: string, urgency: Urgency, more: { alone?: string; signal?: AbortSignal } = {}) {
  const entering = queue.enter({ urgency, signal: never, ...more }).then(
    (leave) => {
      order.push(name)
      underWay.set(name, leave)
    },
    () => {},
  )
  await Promise.race([entering, settle()])
}

/** Promises have no timers: a few turns of their own suffice. */
async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}

async function answer(name: string) {
  underWay.get(name)!('answered')
  underWay.delete(name)
  await settle()
}

test('what keeps a term goes first, the nearest to its end before the others; then releases, claims and looks', async () => {
  for (let index = 0; index < LIMITS.terms; index += 1) await enter(`first ${index}`, keep(0))
  await enter('a look', look)
  await enter('another look', look)
  await enter('a claim', { purpose: 'claim' })
  await enter('a release', { purpose: 'release' })
  await enter('ends at 300', keep(300))
  await enter('ends at 100', keep(100))
  await enter('ends at 200', keep(200))
  expect(queue.waiting).toBe(7)
  order = []
  // One at a time: those which are under way are answered first.
  for (let index = 0; index < LIMITS.terms; index += 1) await answer(`first ${index}`)
  while (underWay.size > 0) await answer(underWay.keys().next().value!)
  expect(order).toEqual(['ends at 100', 'ends at 200', 'ends at 300', 'a release', 'a claim', 'a look', 'another look'])
})

test('looks and claims leave room for what keeps a term', async () => {
  for (let index = 0; index < 5; index += 1) await enter(`look ${index}`, look)
  expect(queue.underWay).toBe(LIMITS.others)
  await enter('keep', keep(100))
  await enter('release', { purpose: 'release' })
  expect(order).toEqual(['look 0', 'look 1', 'keep', 'release'])
  await enter('keep later', keep(50))
  expect(queue.underWay).toBe(LIMITS.terms)
})

test('what hangs does not keep others back, up to a bound of its own', async () => {
  for (let index = 0; index < 9; index += 1) await enter(`keep ${index}`, keep(index))
  expect(queue.underWay).toBe(LIMITS.terms)
  clock.advance(999)
  await settle()
  expect(queue.underWay).toBe(LIMITS.terms)
  clock.advance(1) // a second without an answer: now they hang
  await settle()
  expect(queue.underWay).toBe(LIMITS.hanging)
  clock.advance(60_000)
  await settle()
  expect(queue.underWay).toBe(LIMITS.hanging)
  await answer('keep 0')
  expect(order.at(-1)).toBe('keep 6')
})

test('where every answer takes long, taking long is not hanging', async () => {
  for (let turn = 0; turn < 60; turn += 1) {
    await enter('slow', keep(0))
    clock.advance(800)
    await answer('slow')
  }
  for (let index = 0; index < 5; index += 1) await enter(`keep ${index}`, keep(index))
  clock.advance(2_000)
  await settle()
  expect(queue.underWay).toBe(LIMITS.terms) // four times 800 ms, and not a second
  clock.advance(1_300)
  await settle()
  expect(queue.underWay).toBe(LIMITS.terms + 1)
})

test('of the claims on one Lease only one is under way, unless it hangs; others pass by', async () => {
  const claim = { purpose: 'claim' } as const
  await enter('a', claim, { alone: 'x' })
  await enter('b', claim, { alone: 'x' })
  await enter('c', claim, { alone: 'y' })
  expect(order).toEqual(['a', 'c'])
  await answer('a')
  expect(order).toEqual(['a', 'c', 'b'])
  await answer('c')
  await enter('d', claim, { alone: 'x' })
  expect(order).not.toContain('d')
  clock.advance(1_000)
  await settle()
  expect(order.at(-1)).toBe('d')
})

test('who gives up leaves the queue, and leaves nothing behind', async () => {
  for (let index = 0; index < LIMITS.terms; index += 1) await enter(`first ${index}`, keep(0))
  const gone = new AbortController()
  const refused = queue.enter({ urgency: keep(1), signal: gone.signal }).catch((error: unknown) => error)
  const staying = new AbortController()
  await enter('stays', keep(2), { signal: staying.signal })
  expect(queue.waiting).toBe(2)
  gone.abort('stopped')
  expect(await refused).toBe('stopped')
  expect(await queue.enter({ urgency: keep(1), signal: gone.signal }).catch((error: unknown) => error)).toBe('stopped')
  await answer('first 0')
  expect(order.at(-1)).toBe('stays')
  expect(queue.waiting).toBe(0)
  expect(getEventListeners(gone.signal, 'abort')).toEqual([])
  expect(getEventListeners(staying.signal, 'abort')).toEqual([])
  expect(clock.pendingTimers).toBe(0)
})

test('a process begins with a few requests, and with as few again after its connection was lost', async () => {
  queue.limits = { terms: 100, others: 100, hanging: 1_000 }
  for (let index = 0; index < 200; index += 1) await enter(`look ${index}`, look)
  expect(queue.underWay).toBe(FIRST)
  for (const name of [...underWay.keys()]) await answer(name)
  expect(queue.underWay).toBe(2 * FIRST) // each answer makes room for one more
  for (const [name, leave] of [...underWay]) {
    underWay.delete(name)
    leave('lost')
  }
  await settle()
  expect(queue.underWay).toBe(FIRST)
})
