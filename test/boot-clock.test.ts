/** The clock that counts suspends and can't be set: where it comes from, and what is made of its steps. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, uptime } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type Instant, suspendedBetween } from '../src/lease/clock.ts'
import { validityOf } from '../src/lease/tenure.ts'
import { findBootClock } from '../src/process/boot-clock.ts'
import { systemClock } from '../src/process/system-clock.ts'

const DEADLINE = 10_000

test.runIf(process.platform === 'linux')(
  'on Linux it is /proc/uptime, and goes on as the monotonic clock does',
  async () => {
    const from = systemClock.now()
    expect(Math.abs(from.boot! - uptime() * 1_000)).toBeLessThan(1_000)
    await wait(100)
    const to = systemClock.now()
    const [byBoot, byMonotonic] = [to.boot! - from.boot!, to.monotonic - from.monotonic]
    expect(byMonotonic).toBeGreaterThanOrEqual(99)
    expect(byBoot).toBeGreaterThan(byMonotonic - 20)
  },
)

test('on Windows it is what the system says', () => {
  expect(Math.abs(findBootClock('win32')()! - uptime() * 1_000)).toBeLessThan(1_000)
})

test('there is none on macOS, whose monotonic clock counts suspends, nor where there is no /proc', () => {
  expect(findBootClock('darwin')()).toBeUndefined()
  expect(findBootClock('linux', '/nowhere/uptime')()).toBeUndefined()
})

test('a file that was mounted over /proc/uptime is none, nor is one that is no uptime', () => {
  const directory = mkdtempSync(join(tmpdir(), 'leader-election-uptime-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'uptime')
  writeFileSync(file, '1234.00 1234.00\n')
  expect(findBootClock('linux', file)()).toBeUndefined()
})

test.runIf(process.platform === 'linux')('a file that can be opened and not read is none', () => {
  expect(findBootClock('linux', '/proc/self')()).toBeUndefined()
})

test('its steps are no suspend, and never end a term early', () => {
  for (let start = 0; start < 20; start += 1) {
    for (let elapsed = DEADLINE - 30; elapsed < DEADLINE; elapsed += 1) {
      const [from, to] = [stepped(start), stepped(start + elapsed)]
      expect(suspendedBetween(from, to)).toBe(0)
      expect(validityOf({ sentAt: from, renewDeadline: DEADLINE }, to)).toBe('valid')
    }
  }
})

test('a suspend is never taken for shorter than it was', () => {
  for (let start = 0; start < 20; start += 1) {
    for (const suspended of [50, 51, 1_234, 60_000]) {
      const [from, to] = [stepped(start), stepped(start + 100, suspended)]
      const told = suspendedBetween(from, to)
      expect(told).toBeGreaterThanOrEqual(suspended)
      expect(told).toBeLessThan(suspended + 40)
    }
  }
})

test('two clocks that drift apart, as two oscillators do, tell of no suspend', () => {
  const day = 86_400_000
  const from = { monotonic: 0, boot: 0 }
  expect(suspendedBetween(from, { monotonic: day, boot: day * 1.0005 })).toBe(0)
})

test('without it, or where it goes back, nothing is known of suspends', () => {
  const from = { monotonic: 0 }
  expect(suspendedBetween(from, { monotonic: 1, boot: 100_000 })).toBe(0)
  expect(suspendedBetween({ ...from, boot: 100_000 }, { monotonic: 1 })).toBe(0)
  expect(suspendedBetween({ ...from, boot: 100_000 }, { monotonic: 1, boot: 5 })).toBe(0)
})

test('all clocks are read in less than 10 µs', () => {
  const calls = 20_000
  const round = () => {
    const before = process.cpuUsage()
    for (let call = 0; call < calls; call += 1) systemClock.now()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / calls
  }
  // The best of some, in time of the processor: others may keep the machine busy.
  expect(Math.min(...Array.from({ length: 5 }, round))).toBeLessThan(10)
})

/** As the clocks stand after so many milliseconds, the boot-time clock in steps of 10. */
function stepped(monotonic: number, suspended = 0): Instant {
  return { monotonic, wall: 0, boot: Math.floor((monotonic + suspended) / 10) * 10 }
}
