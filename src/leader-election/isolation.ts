/** What listeners, logs and inspectors throw is an uncaught exception of its own, and not the election's. */
import type { ActorOptions, InspectionEvent } from 'xstate'
import type { ElectionMachine } from '../election-machine.ts'

export function isolate(run: () => void): void {
  try {
    run()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** What hears XState's inspection events. */
export type Inspector = (event: InspectionEvent) => void

/** An inspector that throws harms no election. */
export function isolated(inspect: NonNullable<ActorOptions<ElectionMachine>['inspect']>): Inspector {
  const inspector = typeof inspect === 'function' ? { next: inspect } : inspect
  return (event) => isolate(() => inspector.next?.(event))
}
