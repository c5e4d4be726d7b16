/** What `run` tells, for people or for programs: on the standard error, since the standard output is the command's. */
import { messageOf } from '../../errors.ts'
import type { LeaderElection } from '../../leader-election.ts'
import type { Settings } from '../../options/types.ts'
import { EVENTS } from '../elect/events.ts'
import { Narrator, warnings } from '../elect/narrator.ts'
import { printEvent, printFailure } from '../json-lines.ts'
import type { Ending } from './guard-process.ts'

export interface Telling {
  follow(election: LeaderElection): void
  started(pid: number, isLeading: boolean): void
  ended(ending: Ending, isLeading: boolean): void
  /** What `run` itself ends with. */
  failed(error: unknown): void
}

export interface TellingOptions {
  readonly isJson: boolean
  /** Only what goes wrong. */
  readonly isQuiet: boolean
}

const QUIET: readonly string[] = ['retrying', 'ownerRefused', 'doubted', 'lost', 'failed']

export function tellingOf(settings: Settings, { isJson, isQuiet }: TellingOptions): Telling {
  return isJson ? forPrograms(isQuiet) : forPeople(settings, isQuiet)
}

function forPrograms(isQuiet: boolean): Telling {
  const print = (event: { readonly type: string; readonly [detail: string]: unknown }, isLeading: boolean) => {
    if (!isQuiet || QUIET.includes(event.type)) printEvent(event, isLeading, 'stderr')
  }
  const failed = (error: unknown) => printFailure(error, 'stderr')
  return {
    follow: (election) => {
      for (const type of EVENTS) election.on(type, (event) => print(event, election.isLeading()))
    },
    started: (pid, isLeading) => print({ type: 'started', pid }, isLeading),
    ended: (ending, isLeading) => {
      if (ending.kind !== 'ended') failed(failureOf(ending))
      else print({ type: 'ended', code: ending.code, signal: ending.signal }, isLeading)
    },
    failed,
  }
}

function forPeople(settings: Settings, isQuiet: boolean): Telling {
  const narrator = isQuiet ? new Narrator(settings, warnings) : new Narrator(settings)
  const failed = (error: unknown) => narrator.warn(messageOf(error))
  return {
    follow: (election) => {
      for (const type of [...EVENTS, 'watchInterrupted'] as const) election.on(type, (event) => narrator.tell(event))
    },
    started: (pid) => narrator.inform(`the command runs, process ${pid}`),
    ended: (ending) => {
      if (ending.kind !== 'ended') failed(failureOf(ending))
      else if (ending.signal) narrator.inform(`the command was ended by ${ending.signal}`)
      else narrator.inform(`the command has ended with exit code ${ending.code}`)
    },
    failed,
  }
}

function failureOf(ending: Exclude<Ending, { kind: 'ended' }>): Error {
  return ending.kind === 'late'
    ? new Error('the term was over before the command could be started')
    : new Error(`the command can't be run: ${ending.message}`)
}
