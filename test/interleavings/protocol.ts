/** What is explored: the statechart and the services that ship, or a protocol that was broken on purpose. */
import { buildStatechart } from '../../src/election.machine.ts'
import type { ElectionActors, ElectionContext } from '../../src/election.types.ts'
import type { Assessment } from '../../src/lease.ts'
import { IDLE_SERVICES } from '../support/idle-services.ts'
import type { Call } from './server.ts'

type Guard = (args: { context: ElectionContext }, params: { assessment: Assessment }) => boolean

/** Reports change nothing but counters: left out, lest their timers multiply the states. */
export const NEVER = 1e12

export function chart(retryBackoffs: readonly number[]) {
  const shipped = buildStatechart({ retryBackoffs })
  const leaseIs = shipped.implementations.guards.leaseIs as Guard
  return shipped.provide({
    actors: IDLE_SERVICES,
    delays: { reportInterval: () => NEVER },
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
