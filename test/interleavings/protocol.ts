/** What is explored: the statechart and the services that ship, or a protocol that was broken on purpose. */

import type { Assessment } from '../../src/lease/observation.ts'
import { sinceSending } from '../../src/statechart/context.ts'
import { buildStatechart } from '../../src/statechart/machine.ts'
import type { ElectionActors, ElectionContext } from '../../src/statechart/types.ts'
import { IDLE_SERVICES } from '../support/idle-services.ts'
import { UNIT } from './scenario.ts'
import type { Call } from './server.ts'

type Guard = (args: { context: ElectionContext }, params: { assessment: Assessment }) => boolean

/** Reports change nothing but counters: left out, lest their timers multiply the states. So is what comes long after. */
export const NEVER = 100 * UNIT

export function chart(retryBackoffs: readonly number[]) {
  // Without jitter: every wait is as long as it is on average.
  const shipped = buildStatechart({ retryBackoffs, random: () => 0.5 })
  const leaseIs = shipped.implementations.guards.leaseIs as Guard
  return shipped.provide({
    actors: IDLE_SERVICES,
    delays: {
      reportInterval: () => NEVER,
      // Without a phase of their own, which would multiply the states: nothing that is safe depends on when one renews.
      renewInterval: ({ context }) => context.settings.interval - sinceSending(context),
      // Nobody is refused here.
      startTimeout: () => NEVER,
      // As where nothing was measured: see `atRest`.
      releaseTimeout: ({ context }) => 3 * context.settings.requestTimeout,
    },
    guards: {
      leaseIs: (args, params) => {
        if (Number.isNaN(args.context.now)) throw new Error('the Lease is assessed at a time that was not set')
        return leaseIs(args, params)
      },
    },
  })
}

export type Chart = ReturnType<typeof chart>

export interface Protocol {
  readonly name: string
  /** Changes guards, actions and delays. */
  readonly chart: (chart: Chart) => Chart
  /** Changes services. */
  readonly services: (services: ElectionActors) => ElectionActors
  /** Changes what is sent. */
  readonly calls: (call: Call) => Call
}

export const SHIPPED: Protocol = {
  name: 'the protocol that ships',
  chart: (chart) => chart,
  services: (services) => services,
  calls: (call) => call,
}
