/** What comes from outside and means no good, or is merely odd. */

import { ALL, LongLineError } from '../../../src/kubernetes/lease-stream.ts'
import { LeaseVersions } from '../../../src/kubernetes/lease-versions.ts'
import { WatchHub } from '../../../src/kubernetes/watch-hub.ts'
import { logEvent } from '../../../src/telemetry/log.ts'

export async function forgedLine(): Promise<string | undefined> {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const log = { debug: write, info: write, warn: write, error: write }
  const event = { type: 'newLeader', holder: `a\n${'x'.repeat(10_000)}`, leaseDuration: 15_000 } as const
  logEvent(log, event, { leaseName: 'lease', identity: 'b', leaseDuration: 15_000 })
  const [line] = lines
  if (line!.includes('\n')) return "a holder's name makes two lines of the log"
  return line!.length > 1_500 ? `a holder's name makes a line of ${line!.length} characters` : undefined
}

/** In a namespace with a Lease that is too long to be read, of two elections of a process. */
export async function unreadableLease(): Promise<string | undefined> {
  const hub = new WatchHub(new LeaseVersions())
  const opened: string[] = []
  const listener = { opened: () => {}, changed: () => {}, deleted: () => {}, ended: () => {} }
  const watch = (name: string) =>
    hub.watch(
      (request, _listener, ended) => {
        opened.push(request.name)
        if (request.name === ALL) return Promise.reject(new LongLineError('too long', request))
        return new Promise((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }))
      },
      { verb: 'watch', name, namespace: 'default' },
      listener,
    )
  const leaving = [watch('one'), watch('two')]
  await new Promise(setImmediate)
  for (const leave of leaving) leave()
  return opened.join() === `one,${ALL},two` ? undefined : `the elections watch ${opened.join(', ')}`
}
