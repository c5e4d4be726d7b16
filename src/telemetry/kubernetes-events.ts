/**
 * What is told as an Event of the Lease, which `kubectl describe lease` shows: as client-go does, with the reason and the
 * fencing token beside.
 */
import { describeLoss } from '../lease/tenure.ts'
import type { ElectionEmitted } from '../statechart/types.ts'
import { printable } from './printable.ts'

/** Characters of a reason, which may name a holder from outside: Events are printed on terminals. */
const LONGEST_REASON = 500

export interface LeaseEvent {
  readonly type: 'Normal' | 'Warning'
  readonly message: string
}

/** Undefined where there is nothing to tell. */
export function eventFor(event: ElectionEmitted, identity: string): LeaseEvent | undefined {
  switch (event.type) {
    case 'leading':
      return { type: 'Normal', message: `${identity} became leader, fencing token ${event.fencingToken}` }
    case 'lost': {
      const why = `${printable(describeLoss(event.reason), LONGEST_REASON)}, fencing token ${event.fencingToken}`
      return { type: 'Warning', message: `${identity} stopped leading: ${why}` }
    }
    case 'released':
      return event.confirmed
        ? { type: 'Normal', message: `${identity} stopped leading: it gave the Lease back` }
        : { type: 'Warning', message: `${identity} stopped leading: the Lease could not be given back, and expires` }
    default:
      return undefined
  }
}
