/** Options as a command lists them: how each is typed, named in the environment, and told in the help. */
import type { ValueTypes } from './values.ts'

export interface Flag {
  readonly type: keyof ValueTypes
  /** One letter. */
  readonly short?: string
  /** What the help writes for the value, such as NAME. */
  readonly value?: string
  /** What the help says. A default belongs here. */
  readonly about: string
}

export type Flags = Readonly<Record<string, Flag>>

export type Values<Of extends Flags> = { readonly [Name in keyof Of]?: ValueTypes[Of[Name]['type']] }

/** The variable of the environment that gives this option: LEADER_ELECTION_LEASE_DURATION for `lease-duration`. */
export function variableOf(flag: string): string {
  return `LEADER_ELECTION_${flag.toUpperCase().replaceAll('-', '_')}`
}
