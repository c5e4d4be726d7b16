/**
 * The order of stopping, all of it still renewing.
 *
 * - `serving` until somebody asks to stop or to step down: the application, or by the Lease who may write it.
 * - `draining`: the work is asked to stop, and awaited, for `drainTimeout`.
 * - `yielding`: a renewal under way is awaited, so that it can't cross the release.
 *
 * Keeps rule 8 of docs/protocol.md: first the work stops, then the Lease goes. Work that does not stop in time keeps it
 * until it expires.
 */
import type { Vocabulary } from './vocabulary.ts'

export function duty(words: Vocabulary) {
  return words.createStateConfig({
    initial: 'serving',
    states: {
      serving: {
        on: {
          stop: [
            { guard: 'isAtWork', target: 'draining', actions: 'requestStop' },
            { target: 'yielding', actions: ['requestStop', 'announceDraining'] },
          ],
          stepDown: [
            { guard: 'isAtWork', target: 'draining', actions: 'requestStepDown' },
            { target: 'yielding', actions: ['requestStepDown', 'announceDraining'] },
          ],
        },
        always: [
          { guard: 'isAskedToStepDownAtWork', target: 'draining', actions: 'requestStepDown' },
          { guard: 'isAskedToStepDown', target: 'yielding', actions: ['requestStepDown', 'announceDraining'] },
        ],
      },
      draining: {
        entry: 'announceDraining',
        on: {
          workEnded: { target: 'yielding', actions: 'noteWorkEnded' },
          stop: { actions: 'requestStop' },
        },
        after: { drainTimeout: { target: '#election.deposed', actions: 'loseByWork' } },
      },
      yielding: {
        on: { stop: { actions: 'requestStop' } },
        always: [
          { guard: 'renewalSucceeded', target: '#election.releasing' },
          // Read before writing again: the failed write may have been committed.
          { guard: 'renewalIsSettled', target: '#election.releasing.looking' },
        ],
      },
    },
  })
}
