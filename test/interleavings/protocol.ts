/** What is explored: the statechart and the services that ship, or a protocol that was broken on purpose. */
import { fromCallback } from 'xstate'
import { buildStatechart } from '../../src/election.machine.ts'
import type { ElectionActors, ElectionContext } from '../../src/election.types.ts'
import type { Assessment } from '../../src/lease.ts'
import type { Call } from './server.ts'

type Guard = (args: { context: ElectionContext }, params: { assessment: Assessment }) => boolean

/** Its services are never started by it: the exploration plays them. */
const idle = () => fromCallback(() => {}) as never

/** Reports change nothing but counters: left out, lest their timers multiply the states. */
export const NEVER = 1e12

export function chart(retryBackoffs: readonly number[]) {
  const shipped = buildStatechart({ retryBackoffs })
  const leaseIs = shipped.implementations.guards.leaseIs as Guard
  return shipped.provide({
    actors: {
      readLease: idle(),
      claimLease: idle(),
      renewLease: idle(),
      releaseLease: idle(),
      watchLease: idle(),
      watchClock: idle(),
      escalate: idle(),
    },
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
