/** Protocols that were broken on purpose, each by one change: what the exploration has to find. */
import { assign, createActor, fromPromise, toPromise } from 'xstate'
import { observe } from '../../src/lease/observation.ts'
import { outputOf } from '../../src/statechart/context.ts'
import type { ElectionActors, LeaseReading, LeaseWrite } from '../../src/statechart/types.ts'
import { type Protocol, SHIPPED } from './protocol.ts'
import { NOW } from './relative.ts'
import { SCENARIOS, type Scenario, UNIT } from './scenario.ts'

export interface BrokenProtocol extends Protocol {
  readonly scenario: Scenario
  /** A part of what is to be found. */
  readonly finds: string
  /** Some hundred thousand states until then: left to `npm run explore -- --broken`. */
  readonly takesLong?: boolean
}

const TWO_LEADERS = 'lead at once'

export const BROKEN: readonly BrokenProtocol[] = [
  {
    ...SHIPPED,
    name: 'a term counts from the answer, not from the sending',
    scenario: SCENARIOS.faults,
    finds: TWO_LEADERS,
    services: (services) => ({
      ...services,
      claimLease: fromPromise(async ({ input }) => fromTheAnswer(await run(services, 'claimLease', input))),
      renewLease: fromPromise(async ({ input }) => fromTheAnswer(await run(services, 'renewLease', input))),
    }),
  },
  {
    ...SHIPPED,
    name: "a challenger waits for less than the record's duration",
    scenario: SCENARIOS.faults,
    finds: TWO_LEADERS,
    chart: (chart) =>
      chart.provide({
        delays: { leaseExpiry: ({ context }) => Math.max(0, context.observation.claimableAt - context.now - 2 * UNIT) },
      }),
  },
  {
    ...SHIPPED,
    name: 'a challenger does not wait anew when the record has changed',
    takesLong: true,
    scenario: SCENARIOS.faults,
    finds: TWO_LEADERS,
    chart: (chart) =>
      chart.provide({
        actions: {
          observeReading: assign(({ context: { observation, settings }, event }) => {
            const { record, receivedAt } = outputOf<LeaseReading>(event)
            const seen = observe(observation, record, receivedAt, settings)
            const kept = observation.kind === 'present' && seen.kind === 'present'
            return {
              observation: kept ? { ...seen, claimableAt: observation.claimableAt } : seen,
              now: receivedAt.monotonic,
              claimPending: false,
            }
          }),
        },
      }),
  },
  {
    ...SHIPPED,
    name: 'writes state no resourceVersion',
    takesLong: true,
    scenario: SCENARIOS.faults,
    finds: TWO_LEADERS,
    calls: (call) => {
      if (call.verb !== 'patch') return call
      const { resourceVersion: _, ...metadata } = call.patch.metadata
      return { ...call, patch: { ...call.patch, metadata } } as typeof call
    },
  },
  {
    ...SHIPPED,
    name: 'whoever reads its own name leads, without a write',
    scenario: SCENARIOS.faults,
    finds: TWO_LEADERS,
    services: (services) => ({
      ...services,
      claimLease: fromPromise(async ({ input }) => {
        const { record, settings } = input
        if (record?.holder === settings.identity) return { record, sentAt: NOW, receivedAt: NOW }
        return run(services, 'claimLease', input)
      }),
    }),
  },
  {
    ...SHIPPED,
    name: 'stopping blanks the Lease without looking whose it is',
    takesLong: true,
    scenario: { ...SCENARIOS.stepsDown, asks: { a: ['stepDown'], b: [] } },
    finds: TWO_LEADERS,
    chart: (chart) => chart.provide({ guards: { holdsOwnWrite: () => true } }),
  },
  {
    ...SHIPPED,
    name: 'stopping does not wait for the work',
    scenario: SCENARIOS.stops,
    finds: 'while its work runs',
    chart: (chart) => chart.provide({ guards: { isAtWork: () => false } }),
  },
]

/** The service that ships, from within one that takes its place. */
function run(services: ElectionActors, name: 'claimLease' | 'renewLease', input: unknown): Promise<LeaseWrite> {
  const actor = createActor(services[name], { input: input as never })
  const output = toPromise(actor) as Promise<LeaseWrite>
  actor.start()
  return output
}

function fromTheAnswer(write: LeaseWrite): LeaseWrite {
  return { ...write, sentAt: write.receivedAt }
}
