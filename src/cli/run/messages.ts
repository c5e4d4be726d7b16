/** What the wrapper and the guard of its command tell each other, as JSON on a channel that closes when either dies. */
import type { Unsettable } from '../../lease/clock.ts'
import type { ForwardedSignal } from './signals.ts'

/** When a command has to end, unless a later message allows it more. */
export interface Allowance {
  /** From then on the milliseconds count: of a clock that both processes share. */
  readonly at: Unsettable
  /** Milliseconds until SIGTERM. */
  readonly stopAfter: number
  /** Milliseconds until SIGKILL. */
  readonly killAfter: number
}

export interface Order {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Undefined where nothing but the command itself ends it: no leadership is asked for. */
  readonly allowance: Allowance | undefined
  /** Milliseconds that the command has after SIGTERM where the wrapper has died; the allowance may end sooner. */
  readonly orphanGrace: number
}

export type ToGuard =
  | ({ readonly type: 'start' } & Order)
  | { readonly type: 'extend'; readonly allowance: Allowance }
  | { readonly type: 'signal'; readonly name: ForwardedSignal }
  /** SIGTERM, unless the command has had one. */
  | { readonly type: 'stop' }
  | { readonly type: 'kill' }

export type FromGuard =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'notExecutable'; readonly code: string; readonly message: string }
  /** The order came when its allowance was over: nothing was started. */
  | { readonly type: 'late' }
  | { readonly type: 'exited'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** No process of the command's group is left; always the last word about an order. */
  | { readonly type: 'emptied' }
