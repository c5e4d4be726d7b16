/**
 * The election as a statechart. It reads no clock and knows nothing of Kubernetes: times come in with the output of
 * its services and with events, and go by through XState's clock.
 *
 * - `observing`: a follower, who knows, or is finding out, who leads.
 * - `acquiring`: one conditional write decides.
 * - `leading`: renews, reports, stops in order, and ends by the clock.
 * - `releasing`: gives the Lease back.
 * - `deposed`: the term ended otherwise.
 * - `released`: done. `lost` and `failed` end with an error that says why, which an observer, a parent's `onError` or
 *   `toPromise` receives; where nobody does, it is an uncaught exception, and the process ends.
 */

import { DEFAULT_RETRY_BACKOFFS, validRetryBackoffs } from '../options/timing.ts'
import { acquiring } from './acquiring.ts'
import { initialContext } from './context.ts'
import { deposed } from './deposed.ts'
import { leading } from './leading.ts'
import { keepInView } from './news.ts'
import { observing } from './observing.ts'
import { releasing } from './releasing.ts'
import { vocabulary } from './vocabulary.ts'

export interface StatechartOptions {
  /** Milliseconds to wait after the first, second, … failure in a row. Default [100, 500, 1000, 2000, 4000]. */
  readonly retryBackoffs?: readonly number[]
  /** From 0 to 1: draws the jitter of waits. For simulations. Default `Math.random`. */
  readonly random?: () => number
}

/** Builds the statechart, still without its services: `provide` them (see `kubernetes/election-services.ts`). */
export function buildStatechart(options: StatechartOptions = {}) {
  const retryBackoffs = validRetryBackoffs(options.retryBackoffs ?? DEFAULT_RETRY_BACKOFFS)

  const words = vocabulary(retryBackoffs, options.random ?? Math.random)

  return words.createMachine({
    id: 'election',
    context: ({ input }) => initialContext(input),
    output: { outcome: 'released' },

    invoke: {
      id: 'watch',
      src: 'watchLease',
      input: ({ context }) => ({ settings: context.settings }),
      // The watch retries by itself; should it end all the same, polling goes on without it.
      onDone: { actions: 'noteNoStream' },
      onError: { actions: 'noteNoStream' },
    },
    // Who was refused until then, and never let in, is told that it has to be mended.
    after: { startTimeout: { actions: 'endStart' } },
    on: {
      ...keepInView,
      watchOpened: { actions: 'noteStream' },
      watchInterrupted: { actions: ['noteNoStream', 'announceWatchInterruption'] },
      workStarted: { actions: 'noteWorkStarted' },
      workEnded: { actions: 'noteWorkEnded' },
    },

    initial: 'observing',
    states: {
      observing: observing(words, retryBackoffs),
      acquiring: acquiring(words, retryBackoffs),
      leading: leading(words, retryBackoffs),
      releasing: releasing(words, retryBackoffs),
      deposed: deposed(words),
      released: { type: 'final' },
      // These two end the election with an error. No `onError` here on purpose: it is the observers' or the parent's.
      lost: { invoke: { id: 'escalate', src: 'escalate', input: ({ context }) => ({ error: context.error! }) } },
      failed: {
        entry: 'announceFailure',
        invoke: { id: 'escalate', src: 'escalate', input: ({ context }) => ({ error: context.error! }) },
      },
    },
  })
}
