/**
 * A candidate of the demo's page, in a process of its own: as `elect --json`, but it tells over the channel to
 * the process that started it what its statechart does, and its wall clock can be set from there.
 */
import type { LeaderElection } from '../../leader-election.ts'
import type { Clock } from '../../lease/clock.ts'
import { systemClock } from '../../process/system-clock.ts'
import { Inspection } from '../../viewer/inspection.ts'
import { tellElection } from '../elect/telling.ts'
import { readElectArguments, stand } from '../elect.ts'
import type { Order, Told } from './web/model/messages.ts'

/** Nobody types it. */
export { USAGE } from '../elect.ts'

export function run(args: string[]): Promise<number> {
  let offset = 0
  const clock: Clock = {
    ...systemClock,
    now: () => {
      const now = systemClock.now()
      return { ...now, wall: now.wall + offset }
    },
  }
  const { isJson, ...given } = readElectArguments(args)
  const told = tellElection(given, isJson, clock)
  const { election } = told
  const inspection = new Inspection(processName(), (inspected) => {
    tell({ kind: 'inspected', inspected })
    if (inspected.type === 'snapshot') tell({ kind: 'status', status: statusOf(election) })
  })
  election.inspect(inspection.inspect)
  process.on('message', ({ by }: Order) => {
    offset += by
    election.isLeading() // it looks at the clocks, as an application would at its next step
    tell({ kind: 'status', status: statusOf(election) })
  })
  process.channel?.unref() // the election keeps the process alive, or nothing does
  return stand(told, given.settings.term, isJson)
}

/** A pod may have several, one after the other. */
function processName(): string {
  return `${process.env.POD_NAME} (${process.pid})`
}

function statusOf(election: LeaderElection) {
  const { isLeading, leader, fencingToken, validFor } = election.status()
  const at = performance.timeOrigin + performance.now()
  return { at, isLeading, leader, fencingToken: fencingToken?.toString(), validFor }
}

/** The demo's process may have ended: then this one does, too, at its next line. */
function tell(told: Told): void {
  if (process.connected) process.send!(told, undefined, undefined, () => {})
}
