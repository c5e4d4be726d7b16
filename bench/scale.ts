/**
 * Very many elections in one process, each of a Lease of its own, at the default times (60, 40 and 30 seconds): what each
 * costs, and whether their renewals keep apart, over an interval and after an outage.
 */
import type { ElectorProcess } from './electors/elector-process.ts'
import { Lab, ofLibrary } from './electors/lab.ts'
import { monotonic } from './electors/monotonic.ts'
import type { OwnUsage } from './electors/usage.ts'
import type { Figure, Measurement } from './measurement.ts'
import type { BenchOptions } from './options.ts'
import { figureText } from './results/claims.ts'
import { keep } from './results/record.ts'
import { takeTurns } from './turns.ts'
import type { Version } from './versions.ts'

const SIZES = [1_000, 3_000, 10_000]
const TIMING = { leaseDuration: 60_000, renewDeadline: 40_000, interval: 30_000 }
const INTERVAL = TIMING.interval / 1000
/** Seconds within which all should lead. */
const PATIENCE = 240
/** Seconds: shorter than a renew deadline less an interval, so that no term has to end. */
const OUTAGE = 8
const IDENTITY = 'scale'

export async function measure(options: BenchOptions, versions: readonly Version[]): Promise<Measurement[]> {
  const sizes = new Set(SIZES.map((size) => Math.min(size, options.elections)))
  const measurements: Measurement[] = []
  for (const size of sizes) {
    const measured = takeTurns(`${figureText(size)} elections`, 1, versions, async ({ library }) => {
      const launch = ofLibrary(library, { timing: TIMING, collectsGarbage: true })
      const alone = await Lab.run(launch, usageOfOne)
      return await Lab.run(launch, (lab) => scale(size, alone, lab))
    })
    measurements.push(...(await measured))
    // Size by size: what breaks off after the second has shown something all the same.
    if (options.save) await keep('scale', { timing: TIMING }, measurements)
  }
  return measurements
}

async function usageOfOne(lab: Lab<ElectorProcess>): Promise<OwnUsage> {
  const elector = await lab.start(IDENTITY, [{ lease: 'alone', identity: IDENTITY }])
  await elector.until(() => elector.leading.size === 1, PATIENCE * 1000)
  return await elector.usage()
}

async function scale(size: number, alone: OwnUsage, lab: Lab<ElectorProcess>): Promise<Figure[]> {
  const startedAt = monotonic()
  const stands = Array.from({ length: size }, (_, index) => ({ lease: `lease-${index}`, identity: IDENTITY }))
  const elector = await lab.start(IDENTITY, stands)
  const allLead = await elector.until(() => elector.leading.size === size, PATIENCE * 1000)
  const took = monotonic() - startedAt
  // After the first, in which what the start has left behind still takes its time: garbage, compilations.
  await elector.pass(INTERVAL)
  const [from, before] = [monotonic(), await elector.usage()]
  await elector.pass(INTERVAL)
  const [after, calm] = [await elector.usage(), await lab.server.report(IDENTITY, from)]
  await lab.server.misbehave([{ status: 503 }], { restarts: true })
  await elector.pass(OUTAGE)
  await lab.server.misbehave([])
  const restored = monotonic()
  await elector.pass(INTERVAL)
  const later = monotonic()
  await elector.pass(INTERVAL)
  const renewed = Object.values((await lab.server.report(IDENTITY, restored)).renewals).flat()
  const renewals = Object.values(calm.renewals).flat()
  return [
    { name: 'until all lead', value: allLead ? took / 1000 : null, unit: 's' },
    { name: 'memory each, resident', value: ((after.memory - alone.memory) / size) * 1024, unit: 'kB' },
    { name: 'memory each, heap', value: ((after.heap - alone.heap) / size) * 1024, unit: 'kB' },
    { name: 'connections', value: calm.openConnections, unit: '' },
    { name: 'watches', value: calm.openWatches, unit: '' },
    {
      name: 'processor time for 1,000 renewals',
      value: cpuPerThousand(after.cpuSeconds - before.cpuSeconds, renewals, from),
      unit: 's',
    },
    { name: 'most renewals in a second, to an even share', value: peak(renewals, from, INTERVAL), unit: '×' },
    // Those that came due in it are renewed as soon as it is over.
    {
      name: 'after an outage: most in a second, to an even share',
      value: peak(renewed, restored, INTERVAL),
      unit: '×',
    },
    { name: 'an interval later: most in a second, to an even share', value: peak(renewed, later, INTERVAL), unit: '×' },
    { name: 'terms lost', value: elector.lost.length, unit: '' },
  ]
}

function cpuPerThousand(cpuSeconds: number, renewals: readonly number[], from: number): number {
  return (cpuSeconds / renewals.filter((at) => at >= from).length) * 1000
}

/** How many came in the fullest second, to how many would come in each if all kept apart. */
function peak(times: readonly number[], from: number, seconds: number): number {
  const counts = Array<number>(seconds).fill(0)
  for (const at of times) {
    const second = Math.floor((at - from) / 1000)
    if (second >= 0 && second < seconds) counts[second]! += 1
  }
  const even = counts.reduce((sum, each) => sum + each, 0) / seconds
  return Math.max(...counts) / even
}
