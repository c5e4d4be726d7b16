/** When many elections of one process, each of a Lease of its own, renew: in virtual time, in which all begin together. */
import { World } from '../simulation/world.ts'
import { MemoryCluster } from './memory-cluster.ts'

/** Milliseconds. The deadline leaves time for an outage in which every renewal of an interval fails, and for back-offs. */
const TIMING = { interval: 30_000, renewDeadline: 75_000, leaseDuration: 90_000 }
const { interval: INTERVAL } = TIMING
/** Of 200 in 30 seconds, 6.7 would come in each if they were even: chance alone makes more than this of one in 5,000 runs. */
export const FULLEST = 20
/** Milliseconds: the longest of the default back-offs with all of its jitter, and the requests. */
const LONGEST_WAIT = 6_100

export interface Renewals {
  /** Milliseconds between any two writes of one election, at most. */
  readonly longestGap: number
  /** Which gap there may be. */
  readonly allowedGap: number
  readonly losses: number
  /** Of the first interval, of the one before what brought them into step, and of the one after it. */
  readonly first: Spread
  readonly calm: Spread
  readonly after: Spread
}

export interface Spread {
  /** Within an interval. */
  readonly renewals: number
  /** How many came in the fullest second. */
  readonly fullest: number
}

/** The elections of `count` Leases, in the first interval, in one that is calm, and in the one after something. */
export async function renewalsOf(count: number, disturbance: Disturbance): Promise<Renewals> {
  const world = new World()
  const clusters = Array.from({ length: count }, (_, index) => new MemoryCluster(index + 1, world))
  const elections = clusters.map((cluster) => ({
    cluster,
    ...cluster.candidate('a', { preset: 'default', ...TIMING }),
  }))
  const elapse = (milliseconds: number) => world.runUntil(world.now + milliseconds, () => false)
  const writesOf = ({ requests }: MemoryCluster) =>
    requests.filter(({ verb, status }) => status === 200 && (verb === 'patch' || verb === 'create'))
  const spreadOver = async (milliseconds: number): Promise<Spread> => {
    const from = world.now
    await elapse(milliseconds)
    const times = clusters.flatMap(writesOf).flatMap(({ at }) => (at >= from ? [at] : []))
    return { renewals: times.length, fullest: fullestSecond(times) }
  }
  await elapse(1_000)
  if (!elections.every(({ isLeading }) => isLeading())) throw new Error('not all lead after a second')
  const first = await spreadOver(INTERVAL)
  const calm = await spreadOver(INTERVAL)
  const lasted = await disturbance(elections, elapse)
  await elapse(LONGEST_WAIT)
  const after = await spreadOver(INTERVAL)
  const gaps = clusters.flatMap((cluster) => {
    const times = writesOf(cluster).map(({ at }) => at)
    return times.slice(1).map((at, index) => at - times[index]!)
  })
  return {
    longestGap: Math.max(...gaps),
    allowedGap: INTERVAL + lasted,
    losses: elections.flatMap(({ events }) => events).filter(({ type }) => type === 'lost').length,
    first,
    calm,
    after,
  }
}

/** Something that brings renewals into step; returns for how many milliseconds it may keep one from coming. */
export type Disturbance = (
  elections: readonly (Pick<ReturnType<MemoryCluster['candidate']>, 'clock'> & { readonly cluster: MemoryCluster })[],
  elapse: (milliseconds: number) => Promise<void>,
) => Promise<number>

/** Nobody answers for an interval, so that the renewals of all fail, and then come soon after each other. */
export const outage: Disturbance = async (elections, elapse) => {
  for (const { cluster } of elections) cluster.goDown()
  await elapse(INTERVAL)
  for (const { cluster } of elections) cluster.comeBack()
  return INTERVAL + LONGEST_WAIT
}

/** The process stands still for most of an interval: what came due meanwhile is sent at once when it goes on. */
export const standstill: Disturbance = async (elections, elapse) => {
  const stall = 0.9 * INTERVAL
  const goOn = elections.map(({ clock }) => clock.pause())
  await elapse(stall)
  for (const each of goOn) each()
  return stall
}

/** The wall clock is set far ahead: all terms are in doubt, and renewed at the next comparison of the clocks. */
export const clockSet: Disturbance = async (elections, elapse) => {
  for (const { clock } of elections) clock.stepWall(TIMING.renewDeadline)
  await elapse(TIMING.renewDeadline / 10)
  return 0
}

function fullestSecond(times: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const at of times) counts.set(Math.floor(at / 1_000), (counts.get(Math.floor(at / 1_000)) ?? 0) + 1)
  return Math.max(...counts.values())
}
