/** What a command tells of an election. */
import type { ElectionEventType } from '../../leader-election.ts'

/** Beside them people are told where the watch fails; programs are not, since polling goes on. */
export const EVENTS = [
  'newLeader',
  'leading',
  'renewed',
  'retrying',
  'ownerRefused',
  'doubted',
  'draining',
  'lost',
  'released',
  'failed',
] as const satisfies readonly ElectionEventType[]

/** Resolves, rather than rejects, when the signal aborts: being asked to stop is not a failure. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
