/** How long the statechart waits: computed from the context alone, in milliseconds. */

import { timerDelay } from '../lease/clock.ts'
import { claimDelay, claimWindow } from '../lease/contention.ts'
import { retryName } from './backoff.ts'
import type { Base } from './base.ts'
import { attemptFor, pollDelay, sinceSending } from './context.ts'
import type { ElectionContext } from './types.ts'

/** @param random from 0 to 1, as of `Math.random`. */
export function withDelays(words: Base, retryBackoffs: readonly number[], random: () => number) {
  return words.extend({
    delays: {
      ...Object.fromEntries(
        retryBackoffs.map((_, index) => [
          retryName(index),
          ({ context }: { context: ElectionContext }) => context.wait,
        ]),
      ),
      claimJitter: ({ context: { settings, roundTrip, failures } }) =>
        timerDelay(claimDelay(claimWindow(settings.claimJitter, roundTrip, failures), random())),
      // One more millisecond: a timer may fire a fraction early, and a challenger must never be.
      leaseExpiry: ({ context }) => timerDelay(context.observation.claimableAt - context.now + 1),
      pollInterval: ({ context }) => pollDelay(context, random()),
      startTimeout: ({ context }) => timerDelay(context.settings.startTimeout),
      /* v8 ignore next -- only who steps down rests; the types don't know */
      cooldown: ({ context }) => timerDelay(context.stopping?.kind === 'stepDown' ? context.stopping.cooldown : 0),
      renewInterval: ({ context }) => timerDelay(context.tenure!.renewalDueAt - context.now),
      termValidity: ({ context }) => timerDelay(context.settings.renewDeadline - sinceSending(context)),
      reportInterval: ({ context }) => timerDelay(context.settings.interval),
      drainTimeout: ({ context }) => timerDelay(context.settings.drainTimeout),
      releaseTimeout: ({ context }) => timerDelay(3 * attemptFor(context, 'release').patience),
    },
  })
}
