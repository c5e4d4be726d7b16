/** Who hears of every event before the application's own listeners: the log, statsd, and Kubernetes' Events. */
import type { ElectionSnapshot } from '../election-machine.ts'
import { EventRecorder } from '../kubernetes/event-recorder.ts'
import type { Clock } from '../lease/clock.ts'
import { lastSeen } from '../lease/observation.ts'
import type { Settings } from '../options/types.ts'
import type { ElectionContext, ElectionEmitted } from '../statechart/types.ts'
import { eventFor } from '../telemetry/kubernetes-events.ts'
import { type Log, logEvent } from '../telemetry/log.ts'
import { countEvent, type Statsd } from '../telemetry/statsd.ts'
import { isolate } from './isolation.ts'
import type { LeaderElectionOptions } from './options.ts'

interface Observed {
  readonly options: LeaderElectionOptions
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Log
  isLeading(): boolean
}

/** What one of them throws is an uncaught exception of its own, and neither the election's nor the others'. */
export class Observers {
  readonly #log: Log
  readonly #isLeading: () => boolean
  readonly #statsd: Statsd | undefined
  readonly #recorder: EventRecorder | undefined

  constructor({ options, settings: { leaseName }, clock, log, isLeading }: Observed) {
    this.#log = log
    this.#isLeading = isLeading
    this.#statsd = options.statsd
    const warn = (message: string) => isolate(() => log.warn(`${leaseName}: ${message}`))
    if (options.events) this.#recorder = new EventRecorder(options.kubeConfig, clock, warn)
  }

  /** @param context that of the state after the event. */
  tell(event: ElectionEmitted, { context }: ElectionSnapshot): void {
    const { settings } = context
    isolate(() => logEvent(this.#log, event, settings))
    const statsd = this.#statsd
    if (statsd) isolate(() => countEvent(statsd, event, { ...settings, isLeading: this.#isLeading }))
    if (this.#recorder) isolate(() => this.#record(event, context))
  }

  #record(event: ElectionEmitted, { settings, observation }: ElectionContext): void {
    const told = eventFor(event, settings.identity)
    const { uid, resourceVersion } = lastSeen(observation) ?? {}
    const { leaseName: name, namespace, identity } = settings
    if (told) this.#recorder!.record({ ...told, lease: { name, namespace, uid, resourceVersion }, reporter: identity })
  }
}
