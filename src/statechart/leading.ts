/**
 * A term, in four regions: `renewal` writes before the deadline, `validity` is the deadline, `reporting` says "I am the
 * leader", `duty` stops in order. News of another holder, or of the Lease's deletion, ends it at once.
 */
import { duty } from './leading-duty.ts'
import { renewal } from './leading-renewal.ts'
import { reporting, validity } from './leading-validity.ts'
import type { Vocabulary } from './vocabulary.ts'

export function leading(words: Vocabulary, retryBackoffs: readonly number[]) {
  return words.createStateConfig({
    type: 'parallel',
    entry: ['announceLeading', 'announceHolder'],
    on: {
      leaseChanged: [
        { guard: 'changeIsOlder' },
        {
          guard: 'changeIsByCopy',
          target: 'deposed',
          actions: ['observeChange', 'loseToHolder', 'announceHolder'],
        },
        // Somebody edited the duration by hand: challengers could come early, so it is stated anew at once.
        { guard: 'changeIsOwnButEdited', actions: ['observeChange', 'renewNow'] },
        { guard: 'changeIsOwn', actions: 'observeChange' },
        {
          guard: 'changeIsLater',
          target: 'deposed',
          actions: ['observeChange', 'loseToHolder', 'announceHolder'],
        },
        { actions: 'verifyLease' },
      ],
      leaseDeleted: {
        guard: 'deletionIsOfObserved',
        target: 'deposed',
        actions: ['observeChange', 'loseByDeletion', 'announceHolder'],
      },
      // What happened while nobody watched has to be looked up.
      watchOpened: [{ guard: 'lookIsOld', actions: ['noteStream', 'verifyLease'] }, { actions: 'noteStream' }],
    },
    states: {
      renewal: renewal(words, retryBackoffs),
      validity: validity(words),
      reporting: reporting(words),
      duty: duty(words),
    },
  })
}
