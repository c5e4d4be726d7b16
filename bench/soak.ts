/**
 * Very many renewals in one process, on a server that misbehaves: what the process holds after the first part of them, and
 * what after the last.
 *
 * Fails where it has become more.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../src/testing/index.ts'
import { Random } from '../test/support/random.ts'
import { ApiServerProcess } from './electors/api-server-process.ts'
import type { Holdings } from './electors/renewer.ts'
import { RenewerProcess } from './electors/renewer-process.ts'
import type { Measurement } from './measurement.ts'
import type { BenchOptions } from './options.ts'
import { figureText } from './results/claims.ts'
import { keep } from './results/record.ts'
import type { Version } from './versions.ts'

const ELECTIONS = 50
/** Short, so that the renewals are over in bearable time; long enough that the faults cost some terms, not all. */
const TIMING = { leaseDuration: 3_000, renewDeadline: 2_000, interval: 20 }
/** How often it is looked at, of a short run less often. */
const [MOST_LOOKS, FEWEST_LOOKS, RENEWALS_A_LOOK] = [10, 3, 5_000]
/** Milliseconds of a fault. */
const FAULT = 500
/** Milliseconds without any, before it is looked at: more than a renew deadline. */
const CALM = 2_500

/** Undefined: the server restarts. Often: what its end leaves behind depends on what was on its way. */
const FAULTS: readonly (readonly Fault[] | undefined)[] = [
  [],
  [],
  [{ status: 500, times: 20 }],
  [{ status: 429, retryAfter: 1, times: 5 }],
  [{ reset: true, times: 10 }],
  [{ hang: true, times: 3 }],
  [{ drop: 'response', times: 3 }],
  [{ delay: 50 }],
  [{ verb: 'watch', truncate: true, times: 5 }],
  [{ verb: 'watch', status: 410, times: 5 }],
  undefined,
  undefined,
  undefined,
  undefined,
]

/** What may come and go: requests on their way with their timers, a socket that is being replaced. */
const TOLERANCE: Holdings = {
  heap: 3 * 2 ** 20,
  descriptors: 8,
  sockets: 8,
  timers: 2 * ELECTIONS,
  resources: 4 * ELECTIONS,
  listeners: 0,
}

export async function measure(
  { renewals, seed, save }: BenchOptions,
  [here]: readonly Version[],
): Promise<Measurement[]> {
  const server = new ApiServerProcess()
  try {
    const order = { library: here!.library, elections: ELECTIONS, timing: TIMING }
    await using renewer = await RenewerProcess.start(await server.kubeConfig('renewer'), order)
    const random = new Random(seed)
    const times = Math.round(Math.min(MOST_LOOKS, Math.max(FEWEST_LOOKS, renewals / RENEWALS_A_LOOK)))
    const looks: Holdings[] = []
    for (let look = 1; look <= times; look += 1) {
      while (renewer.count < (renewals / times) * look) {
        const faults = random.pick(FAULTS)
        await server.misbehave(faults ?? [], { restarts: faults === undefined })
        await wait(FAULT)
      }
      await server.misbehave([])
      await wait(CALM)
      await renewer.until(() => renewer.leading === ELECTIONS)
      looks.push(await renewer.look())
      console.error(`${renewer.count} renewals: ${JSON.stringify(looks.at(-1))}`)
    }
    const stopped = await renewer.stop()
    const [first, last] = [looks[0]!, looks.at(-1)!]
    insistOnNoGrowth(first, last)
    insistOnNothingLeft(stopped)
    const measurements = [
      ...figures(`after ${figureText(renewals / times)} renewals`, first),
      ...figures(`after ${figureText(renewals)}`, last),
      ...figures('once all have stopped', stopped),
    ]
    if (save) await keep('soak', { renewals: renewer.count }, measurements)
    return [{ name: 'renewals', value: renewer.count, unit: '' }, ...measurements]
  } finally {
    await server.close()
  }
}

function figures(when: string, { heap, ...counts }: Holdings): Measurement[] {
  return [
    { name: `${when}: heap`, value: heap / 2 ** 20, unit: 'MB' },
    ...Object.entries(counts).map(([name, value]) => ({ name: `${when}: ${name}`, value, unit: '' })),
  ]
}

/** Exported for its test. @throws Error where something has grown. */
export function insistOnNoGrowth(first: Holdings, last: Holdings): void {
  for (const name of Object.keys(first) as (keyof Holdings)[]) {
    if (last[name] > first[name] + TOLERANCE[name])
      throw new Error(`${name} grew from ${first[name]} to ${last[name]}; at most ${TOLERANCE[name]} more may be.`)
  }
}

/** @throws Error */
function insistOnNothingLeft({ sockets, timers }: Holdings): void {
  if (sockets > 0 || timers > 0)
    throw new Error(`${sockets} sockets and ${timers} timers are left once all elections have stopped.`)
}
