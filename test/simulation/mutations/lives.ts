/** Mistakes about persisted elections, copied processes, and ends that are not in order. */
import type { Mutation } from '../mutations.ts'

export const LIVES: readonly Mutation[] = [
  {
    name: 'a restored election goes on where the persisted one was',
    edits: [['statechart/safeguards.ts', "persisted.status === 'active'", "persisted.status === 'stopped'"]],
  },
  {
    name: 'a restored election keeps the incarnation of the persisted one',
    edits: [['statechart/safeguards.ts', '  return input\n', '  return { ...input, incarnation: _incarnation }\n']],
  },
  {
    name: 'what a copy of this process writes is taken for its own',
    edits: [
      [
        'lease/own-writes.ts',
        'return record.renewTime !== undefined && renewTime !== undefined && record.renewTime > renewTime',
        'return false',
      ],
    ],
  },
  {
    name: 'a candidate takes what a copy of it wrote before it wrote itself for its own',
    edits: [['lease/own-writes.ts', 'if (last === undefined) return true', 'if (last === undefined) return false']],
  },
  {
    name: 'any other time in the Lease counts as a copy, an edit by hand included',
    edits: [
      [
        'lease/own-writes.ts',
        'return record.renewTime !== undefined && renewTime !== undefined && record.renewTime > renewTime',
        'return record.renewTime !== renewTime',
      ],
    ],
  },
  {
    name: 'a write whose end is not known counts as a copy',
    edits: [
      [
        'lease/own-writes.ts',
        '|| underWay || unclear || mayHaveCreated(record, writes)) return false',
        '|| underWay) return false',
      ],
    ],
  },
  {
    name: 'a write that is under way counts as a copy',
    edits: [
      [
        'lease/own-writes.ts',
        '|| underWay || unclear || mayHaveCreated(record, writes)) return false',
        '|| unclear || mayHaveCreated(record, writes)) return false',
      ],
    ],
  },
  {
    name: 'a creation with an unclear fate excuses whatever is in its own name',
    scenario: 'a creation that is unclear, and a copy',
    edits: [
      [
        'lease/own-writes.ts',
        'return isCreationUnclear && uid !== others',
        'return isCreationUnclear || uid === others',
      ],
    ],
  },
  {
    name: 'a change with an unclear fate excuses whatever is in its own name, for ever',
    scenario: 'a change that is unclear, and a copy',
    edits: [['lease/own-writes.ts', 'unclear: isSettled ? undefined : writes.unclear', 'unclear: writes.unclear']],
  },
  {
    name: 'what is in its own name may be claimed at once, whoever wrote it',
    scenario: 'a copy whose Lease was edited',
    edits: [['lease/identity.ts', 'return !record.isStrange', 'return true']],
  },
  {
    name: 'a time that somebody removed is taken for that of the last write',
    scenario: 'edits while a write is unclear',
    edits: [['lease/own-writes.ts', '? adopted(record, writes) : writes', '? succeeded(record) : writes']],
  },
  {
    name: 'an inspector that throws does so within the election',
    scenario: 'an inspector throws',
    edits: [['leader-election.ts', 'inspect: isolated(inspect)', 'inspect']],
  },
  {
    name: 'the work goes on though its actor was stopped',
    scenario: 'an actor is stopped from outside',
    edits: [['leader-election/work.ts', '  actor.subscribe({ complete: abortAtEnd, error: abortAtEnd })\n', '']],
  },
  {
    name: 'an error inside leaves the services running',
    scenario: 'an error inside',
    edits: [
      ['statechart/safeguards.ts', 'if (service) scope.stopChild(service)', 'if (!service) scope.stopChild(service!)'],
    ],
  },
  {
    name: 'what comes from outside goes into the log as it is',
    scenario: 'a forged line of the log',
    edits: [
      ['telemetry/log.ts', 'printable(sentence, LONGEST_SENTENCE)', '(sentence, LONGEST_SENTENCE, sentence)'],
      ['telemetry/sentences.ts', 'const holder = printable(name, LONGEST_NAME)', 'const holder = (LONGEST_NAME, name)'],
    ],
  },
  {
    name: 'one Lease that can not be read blinds all who share its stream',
    scenario: 'a Lease that is too long to be read',
    edits: [
      [
        'kubernetes/watch-hub.ts',
        'error instanceof ForbiddenError || error instanceof LongLineError',
        'error instanceof ForbiddenError',
      ],
    ],
  },
]
