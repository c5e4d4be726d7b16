/** One candidate in a state of the exploration: plain data, shared between all states in which it is the same. */
import type { SnapshotFrom } from 'xstate'
import type { Instant } from '../../src/lease/clock.ts'
import type { Chart } from './protocol.ts'
import type { Name } from './scenario.ts'
import type { Answer, Call } from './server.ts'
import type { RequestService, ServiceInput } from './services.ts'

export interface Candidate {
  /** One number for each different candidate. */
  readonly id: number
  readonly name: Name
  /** How often it has begun. */
  readonly starts: number
  /** How often it was asked to give up. */
  readonly asked: number
  /** Work runs under its term. */
  readonly isAtWork: boolean
  /** Undefined while it is down. */
  readonly snapshot: SnapshotFrom<Chart> | undefined
  /** In the order in which they are due. */
  readonly timers: readonly Timer[]
  /** The one it waits for, and writes that nobody waits for any more: they may still reach the server. */
  readonly requests: readonly Request[]
  /** Whether it says so itself, now. */
  readonly leads: boolean
  /** The versions that it knows of, other than the latest. */
  readonly versions: readonly number[]
  /** What it becomes by what happens to it. */
  readonly steps: Map<string, Step>
}

/** What makes a candidate, without what follows from it. */
export type Draft = Omit<Candidate, 'id' | 'leads' | 'versions' | 'steps'>

export interface Timer {
  readonly id: string
  /** The event that it sends; undefined for the timeout of a request. */
  readonly type: string | undefined
  readonly due: number
}

export interface Request {
  readonly invoke: string
  readonly service: RequestService
  readonly input: ServiceInput
  readonly sentAt: Instant
  /** Undefined where a broken service sends none. */
  readonly call: Call | undefined
  readonly isAwaited: boolean
  /** Where the server has carried it out, and the answer is under way. */
  readonly answer: Answer | undefined
}

export interface Step {
  readonly next: Candidate
  /** Fencing tokens of the terms that began. */
  readonly tokens: readonly number[]
  /** What must not happen. */
  readonly violations: readonly string[]
}

export function awaited({ requests }: Candidate): Request | undefined {
  return requests.find(({ isAwaited }) => isAwaited)
}

/** What decides about its future, and nothing else. */
export function keyOf(candidate: Draft): string {
  const { name, starts, asked, isAtWork, snapshot, timers, requests } = candidate
  return JSON.stringify([name, starts, asked, isAtWork, snapshot && essence(snapshot), timers, requests.map(wire)])
}

/** All of the context but what is only emitted: the announced leader, the errors, the token. */
function essence({ value, context }: SnapshotFrom<Chart>) {
  const { settings: _, leader: __, lastError: ___, error: ____, loss, tenure, ...rest } = context
  return [value, rest, loss?.kind, tenure?.sentAt]
}

function wire({ call, isAwaited, invoke, sentAt, answer }: Request) {
  return isAwaited ? [call, invoke, sentAt, answer] : call
}
