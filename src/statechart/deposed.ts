/**
 * The term ended otherwise than by release.
 *
 * - `judging` decides at once: for life it is the end; else the work is awaited before the candidate stands again.
 * - `settling` awaits the work; `stopping` does so for `drainTimeout`, where the election is to end.
 * - `settled`: nothing runs under the old term any more.
 */
import type { Vocabulary } from './vocabulary.ts'

export function deposed(words: Vocabulary) {
  return words.createStateConfig({
    initial: 'judging',
    entry: ['announceLoss', 'clearFailures'],
    on: { stepDown: { actions: 'requestStepDown' } },
    states: {
      judging: {
        always: [
          { guard: 'isForLife', target: '#election.lost', actions: 'failLost' },
          { guard: 'workIsStuckAtStop', target: '#election.lost', actions: 'failLost' },
          { guard: 'stopAwaitsWork', target: 'stopping' },
          { guard: 'isAtWork', target: 'settling' },
          { target: 'settled' },
        ],
      },
      settling: {
        on: {
          workEnded: { target: 'settled', actions: 'noteWorkEnded' },
          stop: { target: 'stopping', actions: 'requestStop' },
        },
      },
      stopping: {
        on: { workEnded: { target: 'settled', actions: 'noteWorkEnded' } },
        after: { drainTimeout: { target: '#election.lost', actions: ['loseByWork', 'failLost'] } },
      },
      settled: {
        always: [
          { guard: 'isStopping', target: '#election.released' },
          { guard: 'identityIsDuplicate', target: '#election.failed', actions: 'failLost' },
          { guard: 'isSteppingDown', target: '#election.observing.resting' },
          { target: '#election.observing.reading' },
        ],
      },
    },
  })
}
