/**
 * The demo from its start to its end, whichever comes first: the tour is over, somebody ends it, or whoever reads its
 * output has gone. In every case all processes end before it does.
 */
import { Cluster } from './cluster.ts'
import { playInteractively } from './interactive.ts'
import { JobControl } from './job-control.ts'
import { listenToKeys } from './keys.ts'
import { createOutput } from './output.ts'
import { playTour } from './tour.ts'
import { LivePage } from './web/live-page.ts'

/** As shells report a process that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
type Ending = keyof typeof EXIT_CODES

export interface Play {
  /** Keys are taken. */
  readonly isInteractive: boolean
  /** On a page, served at this port (0: a free one), until somebody ends it. */
  readonly web?: { readonly port: number } | undefined
}

/** Returns the exit code. */
export async function play({ isInteractive, web }: Play): Promise<number> {
  const output = createOutput()
  const page = web && new LivePage()
  const cluster = new Cluster(output, page?.observe)
  const faults = () => (page ? [...page.faults, ...cluster.timeline.mishaps] : cluster.timeline.faults)
  output.showLanes(() => cluster.lanes)
  const ended = Promise.withResolvers<number>()

  const end = (signal: Ending) => ended.resolve(EXIT_CODES[signal])
  for (const signal of Object.keys(EXIT_CODES) as Ending[]) process.once(signal, end)
  // As `| head` does, when it has had enough.
  process.stdout.on('error', () => ended.resolve(0))

  const keys = isInteractive ? listenToKeys(process.stdin) : undefined
  const job = new JobControl({
    suspend: () => {
      cluster.suspend()
      output.pause()
      keys?.pause()
    },
    resume: () => {
      keys?.resume()
      output.resume()
      cluster.resume()
    },
  })
  keys?.on('interrupt', () => ended.resolve(EXIT_CODES.SIGINT))
  keys?.on('suspend', () => job.stopAll())
  keys?.on('quit', () => ended.resolve(faults().length === 0 ? 0 : 1))

  const playing = cluster.start().then(async () => {
    if (!page) return keys ? playInteractively(cluster, output, keys) : playTour(cluster, output)
    output.heading(`The page: ${await page.serve(cluster, web.port)}`)
    output.plain(`It shows what happens, and makes it happen. ${keys ? 'q' : 'Ctrl-C'} ends it.`)
    keys?.on('key', (key) => output.plain(`${JSON.stringify(key)} does nothing here: the page has buttons; q ends it`))
    return ended.promise
  })
  playing.catch(() => {}) // it fails when it is ended in the middle
  try {
    return await Promise.race([ended.promise, playing])
  } finally {
    keys?.close()
    job.close()
    output.close()
    for (const fault of isInteractive || page ? faults() : []) output.plain(`FAULT: ${fault}`)
    await page?.close()
    await cluster.close()
    for (const signal of Object.keys(EXIT_CODES) as Ending[]) process.off(signal, end)
  }
}
