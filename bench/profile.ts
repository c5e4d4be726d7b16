/** Where the processor time of a renewal goes, by module: a profile of many of them, over TLS, the library as published. */
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ApiServerProcess } from './electors/api-server-process.ts'
import { RenewerProcess } from './electors/renewer-process.ts'
import type { Measurement } from './measurement.ts'
import type { BenchOptions } from './options.ts'
import { timeByModule } from './profile/modules.ts'
import { keep } from './results/record.ts'
import type { Version } from './versions.ts'

const ELECTIONS = 20
const TIMING = { leaseDuration: 15_000, renewDeadline: 10_000, interval: 50 }
const RENEWALS = 20_000
/** Before it is profiled, what is compiled once has been. */
const WARM_UP = 2_000
/** Of all the time: what is less is told together. */
const SMALLEST_SHARE = 0.01
/** For a flame graph, in a browser's developer tools. */
const PROFILE = new URL('../.cache/renewals.cpuprofile', import.meta.url)

export async function measure({ renewals, save }: BenchOptions, [here]: readonly Version[]): Promise<Measurement[]> {
  const server = new ApiServerProcess()
  try {
    const order = { library: here!.library, elections: ELECTIONS, timing: TIMING }
    await using renewer = await RenewerProcess.start(await server.kubeConfig('renewer'), order)
    await renewer.until(() => renewer.count >= Math.min(WARM_UP, renewals))
    const profiled = await renewer.profile(Math.min(RENEWALS, renewals))
    const times = timeByModule(profiled.profile, SMALLEST_SHARE)
    const measurements = times.map(({ module, milliseconds }) => ({
      name: `1,000 renewals: ${module}`,
      value: (milliseconds / profiled.renewals) * 1000,
      unit: 'ms',
    }))
    await mkdir(new URL('.', PROFILE), { recursive: true })
    await writeFile(PROFILE, JSON.stringify(profiled.profile))
    console.error(`the profile itself: ${fileURLToPath(PROFILE)}`)
    if (save) await keep('profile', { renewals: profiled.renewals }, measurements)
    return measurements
  } finally {
    await server.close()
  }
}
