/**
 * Many followers of one Lease, whose leader is in a process of its own: what they do when it stops in order, when it is
 * killed, and when the server is away.
 */
import type { Asked } from './electors/api-server.ts'
import { Lab, ofLibrary } from './electors/lab.ts'
import { monotonic } from './electors/monotonic.ts'
import type { Figure, Measurement } from './measurement.ts'
import type { BenchOptions } from './options.ts'
import { takeTurns } from './turns.ts'
import type { Version } from './versions.ts'

export interface Herd {
  readonly followers: number
  readonly processes: number
}

interface Case extends Herd {
  readonly name: string
}

const CASES: readonly Case[] = [
  { name: 'in a process', followers: 200, processes: 1 },
  { name: 'in a process', followers: 1_000, processes: 1 },
  // What followers of one process share may flatter.
  { name: 'each in a process of its own', followers: 20, processes: 20 },
]
const OUTAGE = { followers: 1_000, processes: 1, seconds: 10 }

const LEASE = 'herd'
const [LEADER, FOLLOWERS] = ['leader', 'followers']
/** Milliseconds of the preset `client-go`. */
const LEASE_DURATION = 15_000
/** Seconds from when all know who leads until their timers are out of step again. */
const SETTLING = 5
/** Seconds within which all should know who leads, and another should lead. */
const PATIENCE = 60
/** Milliseconds after the next leader's first word in which others may still write. */
const AFTERMATH = 1_500

export async function measure(options: BenchOptions, versions: readonly Version[]): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  const titles = new Set<string>()
  for (const { name, followers, processes } of CASES) {
    const count = Math.min(followers, options.followers)
    const fitted = { followers: count, processes: Math.min(processes, count) }
    for (const end of ['stops', 'is killed'] as const) {
      const title = `${count} followers ${name}, the leader ${end}`
      // A limit may have made two cases one.
      if (!options.wants(title) || titles.has(title)) continue
      titles.add(title)
      const measured = takeTurns(title, options.rounds, versions, ({ library }) =>
        Lab.run(ofLibrary(library), (lab) => handOver(fitted, end, lab)),
      )
      measurements.push(...(await measured))
    }
  }
  const outage = {
    ...OUTAGE,
    followers: Math.min(OUTAGE.followers, options.followers),
    seconds: Math.min(OUTAGE.seconds, options.seconds),
  }
  const title = `${outage.followers} followers, an outage of ${outage.seconds} s`
  if (!options.wants(title)) return measurements
  const measured = takeTurns(title, 1, versions, ({ library }) =>
    Lab.run(ofLibrary(library), (lab) => measureOutage(outage, lab)),
  )
  return [...measurements, ...(await measured)]
}

/** Its time is from the signal, or from the moment at which the killed leader's Lease expires. */
export async function handOver(herd: Herd, end: 'stops' | 'is killed', lab: Lab): Promise<Figure[]> {
  const { leader, followers } = await gather(herd, lab)
  const endedAt = monotonic()
  leader.kill(end === 'stops' ? 'SIGTERM' : 'SIGKILL')
  const isLed = await Promise.race(followers.map((each) => each.until(() => each.leading.size > 0, PATIENCE * 1000)))
  await Promise.all(followers.map((each) => each.pass(AFTERMATH / 1000)))

  const { asked, renewals } = await lab.server.report(FOLLOWERS, endedAt)
  // A renewal that was on its way when the leader was killed still counts.
  const renewedAt = renewals[LEASE]!.findLast((at) => at < endedAt + 1_000)!
  const from = end === 'stops' ? endedAt : renewedAt + LEASE_DURATION
  const ledAt = Math.min(...followers.map(({ firstLeadingAt }) => firstLeadingAt ?? Infinity))
  const during = asked.filter(({ at }) => at >= from && at <= ledAt + AFTERMATH)
  const writes = during.filter(isWrite)
  const conflicts = writes.filter(({ status }) => status === 409 || status === 422)
  const reads = during.filter(({ verb }) => verb === 'get' || verb === 'list')
  const inFirstSecond = during.filter(({ at }) => at < from + 1_000)
  const took = end === 'stops' ? 'until another leads' : 'from expiry until another leads'
  return [
    { name: took, value: isLed ? ledAt - from : null, unit: 'ms' },
    { name: 'writes', value: writes.length, unit: '' },
    { name: 'conflicts among them', value: conflicts.length, unit: '' },
    { name: 'reads', value: reads.length, unit: '' },
    { name: 'requests in the first second', value: inFirstSecond.length, unit: '' },
  ]
}

export async function measureOutage(herd: Herd & { seconds: number }, lab: Lab): Promise<Figure[]> {
  const { followers } = await gather(herd, lab)
  const pass = () => Promise.all(followers.map((each) => each.pass(herd.seconds)))
  const from = monotonic()
  await lab.server.misbehave([{ status: 503 }], { restarts: true })
  await pass()
  const until = monotonic()
  await lab.server.misbehave([])
  await pass()
  const { asked } = await lab.server.report(FOLLOWERS, from)
  const [during, after] = [asked.filter(({ at }) => at < until), asked.filter(({ at }) => at >= until)]
  return [
    { name: 'requests in it', value: during.length, unit: '' },
    { name: 'most in 100 ms of it', value: mostWithin(during, 100), unit: '' },
    {
      name: 'requests in the first second after it',
      value: after.filter(({ at }) => at < until + 1_000).length,
      unit: '',
    },
    { name: `requests in ${herd.seconds} s after it`, value: after.length, unit: '' },
    { name: 'most in 100 ms after it', value: mostWithin(after, 100), unit: '' },
  ]
}

/** A leader, and followers that all know it. */
async function gather({ followers: count, processes }: Herd, lab: Lab) {
  const leader = await lab.start(LEADER, [{ lease: LEASE, identity: LEADER }])
  if (!(await leader.until(() => leader.leading.size > 0, PATIENCE * 1000))) throw new Error('nobody leads')
  const stands = Array.from({ length: count }, (_, index) => ({ lease: LEASE, identity: `follower-${index}` }))
  const followers = await Promise.all(
    Array.from({ length: processes }, (_, index) =>
      lab.start(
        FOLLOWERS,
        stands.filter((_, at) => at % processes === index),
      ),
    ),
  )
  const informed = followers.map((each) => each.until(() => each.isInformed, PATIENCE * 1000))
  if ((await Promise.all(informed)).includes(false)) throw new Error('a follower does not know who leads')
  await leader.pass(SETTLING)
  return { leader, followers }
}

function isWrite({ verb }: Asked): boolean {
  return ['create', 'update', 'patch', 'delete'].includes(verb)
}

/** How many arrived within so many milliseconds, at most. */
function mostWithin(asked: readonly Asked[], milliseconds: number): number {
  const times = asked.map(({ at }) => at).sort((a, b) => a - b)
  let [first, most] = [0, 0]
  for (const [index, at] of times.entries()) {
    while (times[first]! <= at - milliseconds) first += 1
    most = Math.max(most, index - first + 1)
  }
  return most
}
