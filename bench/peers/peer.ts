/** What can be measured beside each other: an elector's program, and which package it is made of. */

export interface Peer {
  /** The package's, as it is known. */
  readonly name: string
  /** Its version, and that of what runs it. */
  readonly version: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** One process takes many elections. */
  readonly isForMany: boolean
  /** It tells who leads, where that is another one. */
  readonly tellsLeader: boolean
}

export const OURS = 'ours'
/** The one that every ratio is to. */
export const REFERENCE = 'client-go'
