/** The deadline of a term, restarted by each renewal from its sending; and what is said once an interval meanwhile. */
import type { Vocabulary } from './vocabulary.ts'

/** `counting` goes on without anything being answered: the end of a term depends on nobody. */
export function validity(words: Vocabulary) {
  return words.createStateConfig({
    initial: 'counting',
    states: {
      counting: {
        invoke: {
          id: 'clock',
          src: 'watchClock',
          input: ({ context }) => ({ tenure: context.tenure! }),
          // It never ends by itself. Without it a suspend could go unnoticed, so then the term does not go on.
          onDone: { target: '#election.deposed', actions: 'loseByDeadline' },
          onError: { target: '#election.deposed', actions: 'loseByDeadline' },
        },
        on: { renewalConfirmed: { target: 'counting', reenter: true } },
        after: { termValidity: { target: '#election.deposed', actions: 'loseByDeadline' } },
      },
    },
  })
}

/** `waiting` between two reports of "I am the leader". */
export function reporting(words: Vocabulary) {
  return words.createStateConfig({
    initial: 'waiting',
    states: {
      waiting: {
        entry: 'report',
        after: { reportInterval: { target: 'waiting', reenter: true } },
      },
    },
  })
}
