/**
 * What makes states comparable: times are counted from the present, resourceVersions from the latest write. So two
 * states that differ in nothing but when they were reached, or after how many writes, are one. For the same reason what
 * is older than any duration of the election is all equally old.
 */
import type { Instant } from '../../src/lease/clock.ts'

/** The present, in every state: when time passes, everything else moves into the past. */
export const NOW: Instant = { monotonic: 1_000_000, wall: Date.UTC(2026, 0, 1) }
/** The resourceVersion of the server's latest write, in every state. */
export const VERSION = 1_000

/** Milliseconds: no duration of the election is longer. */
const AGES = 5_000

export interface Shift {
  /** Milliseconds that have passed. */
  readonly elapsed: number
  /** Writes that the server has carried out. */
  readonly writes: number
}

/** Gives versions other names, in the same order. */
export type Renaming = ReadonlyMap<number, number>

const TIMES = new Set(['monotonic', 'wall', 'claimableAt', 'now', 'due'])
const WRITTEN_TIMES = new Set(['acquireTime', 'renewTime'])
const VERSIONS = new Set(['resourceVersion', 'fencingToken', 'highest'])
/** Only counted up, and compared where versions differ too. */
const COUNTERS = new Set(['transitions', 'leaseTransitions'])
/** Nothing in there moves. */
const FIXED = new Set(['input', 'settings', 'error', 'lastError'])

/** The same plain data, seen later. What a field holds is told by its name. */
export function shifted<Value>(value: Value, { elapsed, writes }: Shift): Value {
  return mapped(
    value,
    '',
    (time) => time - elapsed,
    (version) => version - writes,
  ) as Value
}

/** The same plain data, with other names for its versions. */
export function renamed<Value>(value: Value, names: Renaming): Value {
  return mapped(
    value,
    '',
    (time) => time,
    (version) => names.get(version) ?? version,
  ) as Value
}

/** The versions in there. */
export function versionsIn(value: unknown): Set<number> {
  const found = new Set<number>()
  mapped(
    value,
    '',
    (time) => time,
    (version) => {
      found.add(version)
      return version
    },
  )
  return found
}

type Change = (value: number) => number

function mapped(value: unknown, name: string, time: Change, version: Change): unknown {
  if (FIXED.has(name)) return value
  if (typeof value === 'number') {
    if (TIMES.has(name)) return time(value)
    if (COUNTERS.has(name)) return 0
    return VERSIONS.has(name) ? version(value) : value
  }
  if (typeof value === 'string') {
    if (WRITTEN_TIMES.has(name)) return mappedTime(value, time)
    return VERSIONS.has(name) ? String(version(Number(value))) : value
  }
  if (Array.isArray(value)) return value.map((item) => mapped(item, '', time, version))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([key, field]) => [key, mapped(field, key, time, version)])
  return withPastTimes(Object.fromEntries(fields))
}

/** A MicroTime: what comes after the milliseconds stays. */
function mappedTime(text: string, time: Change): string {
  return new Date(time(Date.parse(text))).toISOString().slice(0, -1) + text.slice(-4)
}

interface WithTimes {
  readonly acquireTime?: string
  readonly renewTime?: string
}

interface LeaseLike extends WithTimes {
  readonly resourceVersion?: string
  readonly metadata?: { readonly resourceVersion?: string }
  readonly spec?: WithTimes
}

/**
 * The times in a record are compared for change only. Past ones are made a function of the record's version: so
 * different records stay different, and how old they are makes no difference.
 */
function withPastTimes(object: LeaseLike): LeaseLike {
  const version = object.resourceVersion ?? object.metadata?.resourceVersion ?? VERSION
  const past = new Date(NOW.wall - 1 - (VERSION - Number(version))).toISOString().replace('Z', '000Z')
  const aged = <Times extends WithTimes>(times: Times): Times => ({
    ...times,
    ...(times.acquireTime && Date.parse(times.acquireTime) < NOW.wall && { acquireTime: past }),
    ...(times.renewTime && Date.parse(times.renewTime) < NOW.wall && { renewTime: past }),
  })
  if (object.metadata && object.spec) return { ...object, spec: aged(object.spec) }
  return object.resourceVersion && object.renewTime ? aged(object) : object
}

/** A moment of the past, and never one that is older than matters. */
export function recent({ monotonic, wall }: Instant): Instant {
  return { monotonic: Math.max(monotonic, NOW.monotonic - AGES), wall: Math.max(wall, NOW.wall - AGES) }
}
