/** What the statechart's words are about: its context, the events it takes and emits, the services it invokes. */
import { setup } from 'xstate'
import type { ElectionInput } from '../options/types.ts'
import type { ElectionActors, ElectionContext, ElectionEmitted, ElectionEvent, ElectionOutput } from './types.ts'

/** What the regions of `leading` tell each other. */
export type InternalEvent = { type: 'renewalConfirmed' } | { type: 'verifyLease' } | { type: 'renewNow' }

export const base = setup({
  types: {
    context: {} as ElectionContext,
    input: {} as ElectionInput | undefined,
    events: {} as ElectionEvent | InternalEvent,
    emitted: {} as ElectionEmitted,
    output: {} as ElectionOutput,
  },
  actors: {} as ElectionActors,
})

export type Base = typeof base
