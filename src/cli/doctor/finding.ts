/** What a check has found, and with what it works. */
import type { Settings } from '../../options/types.ts'
import type { Cluster } from '../cluster.ts'

export type State = 'ok' | 'warning' | 'failure' | 'skipped'

export interface Finding {
  readonly check: string
  readonly state: State
  readonly says: string
  /** What to do, or the lines to add somewhere. */
  readonly mend?: string
  /** For `kubectl apply`: printed as it stands, so that it can be copied. */
  readonly manifest?: string
}

/** An election that is to take place: where, whose, and how. */
export interface Patient {
  readonly cluster: Cluster
  readonly settings: Settings
  /** The one that counts, wherever it comes from. */
  readonly namespace: string
}

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says })
export const skipped = (check: string, says: string): Finding => ({ check, state: 'skipped', says })
export const warning = (check: string, says: string, mend: string): Finding => ({ check, state: 'warning', says, mend })
export const failure = (check: string, says: string, mend: string): Finding => ({ check, state: 'failure', says, mend })
