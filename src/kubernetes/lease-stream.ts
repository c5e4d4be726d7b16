/** What a watch of Leases tells, and whom: the words that its reader and those who share it have in common. */
import { type ApiRequest, TransientApiError } from '../errors.ts'
import type { Instant } from '../lease/clock.ts'
import type { LeaseRecord } from '../lease/record.ts'

/** What an election hears of its one Lease. */
export interface LeaseWatchListener {
  /** The stream stands: from now on changes will be told. What changed before has to be read. */
  opened(at: Instant): void
  changed(record: LeaseRecord, at: Instant): void
  deleted(uid: string, at: Instant): void
  /** The stream has ended, in order or by an error, and nothing more will be told. */
  ended(error?: unknown): void
}

/** What a stream tells, of whichever Leases it covers. The next line is read when what is returned has settled. */
export interface StreamListener {
  opened(at: Instant): void | Promise<void>
  changed(name: string, record: LeaseRecord, at: Instant): void | Promise<void>
  deleted(name: string, uid: string, at: Instant): void | Promise<void>
}

/** Opens a stream and resolves or rejects when it has ended. */
export type OpenStream = (request: ApiRequest, listener: StreamListener, signal: AbortSignal) => Promise<void>

/** In place of a name: all Leases of the namespace. */
export const ALL = '*'

/** A line is too long to be read: whatever it is about, the stream can't go on. */
export class LongLineError extends TransientApiError {}
