/**
 * Many elections in one process, each of a Lease of its own, at 15, 10 and 2 seconds: how soon all lead, whether they keep
 * what they have while the server is slow or silent about one of them, and what that costs.
 */
import { Lab, ofLibrary } from './electors/lab.ts'
import { monotonic } from './electors/monotonic.ts'
import type { Figure, Measurement } from './measurement.ts'
import type { BenchOptions } from './options.ts'
import { takeTurns } from './turns.ts'
import type { Version } from './versions.ts'

export interface Many {
  readonly elections: number
  /** Milliseconds that the server takes for each request, in addition to its work. */
  readonly delay: number
  /** How long it is watched once all lead. */
  readonly seconds: number
  /** Requests for one of the Leases are not answered meanwhile. */
  readonly hangs?: true
}

interface Case extends Many {
  readonly name: string
}

const CASES: readonly Case[] = [
  { name: 'a quick server', elections: 1_000, delay: 0, seconds: 120 },
  { name: '10 ms a request', elections: 1_000, delay: 10, seconds: 120 },
  { name: '10 ms a request', elections: 200, delay: 10, seconds: 120 },
  { name: '100 ms a request', elections: 30, delay: 100, seconds: 120 },
  { name: '300 ms a request', elections: 10, delay: 300, seconds: 120 },
  { name: '3,500 ms a request', elections: 1, delay: 3_500, seconds: 60 },
  { name: "one Lease's requests hang", elections: 100, delay: 0, seconds: 25, hangs: true },
]
/** Seconds within which all should lead. */
const PATIENCE = 60
/** Seconds from when all lead until what is out of step with the rest has found its pace. */
const SETTLING = 3
const IDENTITY = 'many'

export async function measure(options: BenchOptions, versions: readonly Version[]): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  const titles = new Set<string>()
  for (const { name, elections, seconds, ...rest } of CASES) {
    const count = Math.min(elections, options.elections)
    const fitted = { ...rest, elections: count, seconds: Math.min(seconds, options.seconds) }
    const title = `${count} ${count === 1 ? 'election' : 'elections'}, ${name}`
    // A limit may have made two cases one.
    if (!options.wants(title) || titles.has(title)) continue
    titles.add(title)
    const measured = takeTurns(title, 1, versions, ({ library }) =>
      Lab.run(ofLibrary(library), (lab) => hold(fitted, lab)),
    )
    measurements.push(...(await measured))
  }
  return measurements
}

export async function hold({ elections, delay, seconds, hangs }: Many, lab: Lab): Promise<Figure[]> {
  const { server } = lab
  const slowness = delay > 0 ? [{ delay }] : []
  await server.misbehave(slowness)
  const stands = Array.from({ length: elections }, (_, index) => ({ lease: `lease-${index}`, identity: IDENTITY }))
  const startedAt = monotonic()
  const elector = await lab.start(IDENTITY, stands)
  const allLead = await elector.until(() => elector.leading.size === elections, PATIENCE * 1000)
  const tookToLead = monotonic() - startedAt
  const lostAtFirst = elector.lost.length
  if (hangs) await elector.pass(SETTLING)

  const [from, before] = [monotonic(), await elector.usage()]
  const hung = hangs && stands[0]!.lease
  if (hung) await server.misbehave([...slowness, { name: hung, verb: ['get', 'patch', 'update'], hang: true }])
  await elector.pass(seconds)
  const after = await elector.usage()
  const { at, connections, renewals } = await server.report(IDENTITY, from)

  const others = Object.keys(renewals).filter((lease) => lease !== hung)
  const lost = elector.lost.filter(({ stand }) => stand.lease !== hung)
  const gap = Math.max(...others.map((lease) => widestGap(renewals[lease]!, from, at)))
  const of = hung ? ' of the others' : ''
  return [
    { name: 'until all lead', value: allLead ? tookToLead / 1000 : null, unit: 's' },
    { name: 'terms lost before', value: lostAtFirst, unit: '' },
    { name: `terms${of} lost in ${seconds} s`, value: lost.length - lostAtFirst, unit: '' },
    { name: 'leading in the end', value: elector.leading.size, unit: '' },
    { name: `widest gap between renewals${of}`, value: others.length > 0 ? gap : null, unit: 'ms' },
    { name: 'processor time', value: after.cpuSeconds - before.cpuSeconds, unit: 's' },
    { name: 'memory', value: after.memory, unit: 'MB' },
    { name: 'connections opened', value: connections, unit: '' },
  ]
}

/** Milliseconds, of the gaps that were not over `from` then; the last one reaches to `until`. */
function widestGap(times: readonly number[], from: number, until: number): number {
  const ends = [...times, until]
  return Math.max(...ends.map((end, index) => (index > 0 && end >= from ? end - ends[index - 1]! : 0)))
}
