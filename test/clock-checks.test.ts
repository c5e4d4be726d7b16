/** The clocks are compared for all terms of a process together. */
import { beforeEach, expect, test } from 'vitest'
import { ClockChecks } from '../src/kubernetes/election-services/clock-checks.ts'
import { ManualClock } from './support/manual-clock.ts'

let clock: ManualClock
let checks: ClockChecks
/** Who was told to doubt, in order. */
let doubts: string[]

beforeEach(() => {
  clock = new ManualClock()
  checks = new ClockChecks(clock)
  doubts = []
})

const tenure = (renewDeadline: number) => ({
  sentAt: clock.now(),
  renewDeadline,
  fencingToken: '1',
  transitions: 0,
  renewalDueAt: 0,
})

function begin(name: string, renewDeadline: number): () => void {
  return checks.begin(tenure(renewDeadline), () => doubts.push(name))
}

test('a thousand terms have one timer, which ends with the last of them', () => {
  const ends = Array.from({ length: 1_000 }, (_, index) => begin(`term ${index}`, 10_000))
  clock.advance(3_500)
  expect(clock.pendingTimers).toBe(1)
  const last = ends.pop()!
  for (const end of ends) end()
  expect(clock.pendingTimers).toBe(1)
  last()
  expect(clock.pendingTimers).toBe(0)
})

test('each is told by a tenth of its own deadline, however long those of the others are', () => {
  begin('long', 100_000)
  begin('short', 10_000)
  clock.stepWall(10_000)
  clock.advance(1_000)
  expect(doubts).toEqual(['short'])
  clock.stepWall(90_000)
  clock.advance(1_000)
  expect(doubts).toEqual(['short', 'long', 'short'])
})

test('a term that is in doubt when it begins is told at once', () => {
  const begun = tenure(10_000)
  clock.stepWall(10_000)
  checks.begin(begun, () => doubts.push('begun'))
  expect(doubts).toEqual(['begun'])
})

test('one who fails when told costs the others nothing but time', () => {
  const end = checks.begin(tenure(10_000), () => {
    end()
    throw new Error('an inspector is broken')
  })
  begin('sound', 10_000)
  clock.stepWall(10_000)
  expect(() => clock.advance(1_000)).toThrow('an inspector is broken')
  clock.advance(1_000)
  expect(doubts).toEqual(['sound'])
})
