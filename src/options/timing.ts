/**
 * The durations of an election: their defaults and why, the relations between them, and the clock error that they tolerate.
 * A leader's term has to be over before a challenger's wait is.
 */
import type { ElectionInput } from './types.ts'
import { duration, oneOf, relation, wrong } from './validation.ts'

/** The retry back-offs of the Ruby gem `kubernetes_leader_election`: its 0.1, 0.5, 1, 2 and 4 seconds. */
export const DEFAULT_RETRY_BACKOFFS: readonly number[] = [100, 500, 1000, 2000, 4000]

/** Milliseconds: of the 30 s until SIGKILL (terminationGracePeriodSeconds), 5 for giving the Lease back. */
const WITHIN_GRACE = 25_000

export const PRESETS = {
  default: { interval: 30_000 },
  'client-go': { interval: 2_000, leaseDuration: 15_000, renewDeadline: 10_000 },
} as const satisfies Record<
  NonNullable<ElectionInput['preset']>,
  Pick<ElectionInput, 'interval' | 'leaseDuration' | 'renewDeadline'>
>

export function timing(input: ElectionInput) {
  const preset = PRESETS[oneOf('preset', input.preset ?? 'default', Object.keys(PRESETS) as (keyof typeof PRESETS)[])]
  const given = { ...preset, ...withoutUndefined(input) }

  const interval = duration('interval', given.interval, 10)
  const leaseDuration = duration('leaseDuration', given.leaseDuration ?? wholeSeconds(2 * interval), 1000)
  const renewDeadline = duration('renewDeadline', given.renewDeadline ?? Math.floor((leaseDuration * 2) / 3), 10)
  const requestTimeout = duration(
    'requestTimeout',
    given.requestTimeout ?? Math.max(1, Math.floor((renewDeadline - interval) / 3)),
    1,
  )

  const claimJitter = duration('claimJitter', input.claimJitter ?? 50, 0)

  if (leaseDuration % 1000 !== 0) {
    throw wrong('leaseDuration', leaseDuration, 'whole seconds in milliseconds: the Lease holds leaseDurationSeconds')
  }
  relation('renewDeadline', renewDeadline, renewDeadline < leaseDuration, 'less than leaseDuration', leaseDuration)
  relation('interval', interval, interval < renewDeadline, 'less than renewDeadline', renewDeadline)
  relation(
    'requestTimeout',
    requestTimeout,
    requestTimeout <= renewDeadline / 3,
    'at most a third of renewDeadline',
    renewDeadline,
  )
  relation(
    'interval + requestTimeout',
    interval + requestTimeout,
    interval + requestTimeout <= renewDeadline,
    'at most renewDeadline, so that one renewal fits in',
    renewDeadline,
  )
  relation('claimJitter', claimJitter, claimJitter <= leaseDuration, 'at most leaseDuration', leaseDuration)
  return {
    interval,
    leaseDuration,
    renewDeadline,
    requestTimeout,
    maxClockSkew: input.maxClockSkew === undefined ? undefined : duration('maxClockSkew', input.maxClockSkew, 0),
    drainTimeout: duration('drainTimeout', input.drainTimeout ?? Math.min(leaseDuration, WITHIN_GRACE), 0),
    claimJitter,
    startTimeout: duration('startTimeout', input.startTimeout ?? 30_000, 0),
  }
}

/** @throws ConfigurationError unless it is a non-empty array of delays in milliseconds. */
export function validRetryBackoffs(value: readonly number[]): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw wrong('retryBackoffs', value, 'a non-empty array of milliseconds, such as [100, 500, 1000, 2000, 4000]')
  }
  return value.map((delay, index) => duration(`retryBackoffs[${index}]`, delay, 0))
}

function wholeSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000) * 1000
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
}

/**
 * By how much the clocks' rates may err so that a leader's deadline still ends before a challenger's wait:
 * R/(1−ρ) < D/(1+ρ) holds for every ρ below this.
 */
export function toleratedClockRateError(leaseDuration: number, renewDeadline: number): number {
  return (leaseDuration - renewDeadline) / (leaseDuration + renewDeadline)
}
