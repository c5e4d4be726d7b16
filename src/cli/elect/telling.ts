/** What commands that stand for election have in common: they tell its events, and lead until they are asked to stop. */
import { LeaderElection, type LeaderElectionOptions } from '../../leader-election.ts'
import type { Clock } from '../../lease/clock.ts'
import type { ElectionArguments } from '../election-options.ts'
import { printEvent } from '../json-lines.ts'
import { EVENTS } from './events.ts'
import { Narrator, silent } from './narrator.ts'

export interface ToldElection {
  readonly election: LeaderElection
  /** For people. */
  readonly narrator: Narrator
  /** Whether what ended it was told as an event. */
  isEndTold(): boolean
}

/** An election whose events are told, on stderr for people or as JSON lines. @param clock default: this process's. */
export function tellElection({ settings, input }: ElectionArguments, isJson: boolean, clock?: Clock): ToldElection {
  const { leaseName, term: _, ...options } = input
  const election = new LeaderElection(leaseName, { ...options, clock, log: silent } satisfies LeaderElectionOptions)
  const narrator = new Narrator(settings)
  let isTold = false
  for (const type of EVENTS) {
    election.on(type, (event) => {
      if (isJson) printEvent(event, election.isLeading())
      else narrator.tell(event)
      if (type === 'lost' || type === 'failed') isTold = true
    })
  }
  if (!isJson) election.on('watchInterrupted', (event) => narrator.tell(event))
  return { election, narrator, isEndTold: () => isTold }
}
