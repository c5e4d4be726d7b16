/** Who hears of every event before the application's own listeners: the log, statsd, and Kubernetes' Events. */
import type { ElectionSnapshot } from '../election-machine.ts'
import { EventRecorder } from '../kubernetes/event-recorder.ts'
import type { Clock } from '../lease/clock.ts'
import { lastSeen } from '../lease/observation.ts'
import type { Settings } from '../options/types.ts'
import type { ElectionEmitted } from '../statechart/types.ts'
import { eventFor } from '../telemetry/kubernetes-events.ts'
import { type Log, logEvent } from '../telemetry/log.ts'
import { countEvent } from '../telemetry/statsd.ts'
import { isolate } from './isolation.ts'
import type { LeaderElectionOptions } from './options.ts'

/** Is told each event, with the state after it. */
export type Observer = (event: ElectionEmitted, snapshot: ElectionSnapshot) => void

interface Observed {
  readonly options: LeaderElectionOptions
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Log
  isLeading(): boolean
}

/** What one of them throws is an uncaught exception of its own, and neither the election's nor the others'. */
export function observerFor({ options, settings, clock, log, isLeading }: Observed): Observer {
  const { statsd, events, kubeConfig } = options
  const observers: Observer[] = [(event) => logEvent(log, event, settings)]
  if (statsd) observers.push((event) => countEvent(statsd, event, { ...settings, isLeading }))
  if (events) {
    const warn = (message: string) => isolate(() => log.warn(`${settings.leaseName}: ${message}`))
    const recorder = new EventRecorder(kubeConfig, clock, warn)
    observers.push((event, { context }) => {
      const told = eventFor(event, settings.identity)
      const { uid, resourceVersion } = lastSeen(context.observation) ?? {}
      const { leaseName: name, namespace, identity } = settings
      if (told) recorder.record({ ...told, lease: { name, namespace, uid, resourceVersion }, reporter: identity })
    })
  }
  return (event, snapshot) => {
    for (const observer of observers) isolate(() => observer(event, snapshot))
  }
}
