/** Mistakes in whom a candidate takes for itself. */
import type { Mutation } from '../mutations.ts'

export const IDENTITY: readonly Mutation[] = [
  {
    name: 'an owner that several pods share proves that the last one has ended',
    scenario: 'an owner that pods share',
    edits: [['options/options.ts', "(found?.kind === 'Pod' ? found.uid : undefined)", 'found?.uid']],
  },
  {
    name: 'a Lease that is gone proves the end of its holder, whoever owned it',
    scenario: 'a Lease gone that pods shared an owner of',
    edits: [
      [
        'lease/observation.ts',
        "return term === 'life' && owner?.uid === podUid && owners.every(({ kind }) => kind === 'Pod')",
        "return term === 'life' || (owner?.uid === podUid && owners.length < 0)",
      ],
    ],
  },
  {
    name: 'a process of the pod that lives is taken for one that has ended',
    scenario: 'two processes of a pod',
    edits: [['process/neighbours.ts', 'const runs = isRunning(writer)', 'const runs = isRunning(writer) && false']],
  },
  {
    name: 'an election of the process that lives is taken for one that has ended',
    scenario: 'two elections of a process',
    edits: [['process/neighbours.ts', "if (residents.has(record.incarnation ?? ''))", "if (residents.has(''))"]],
  },
  {
    name: 'elections of a process that wait for one Lease do not see each other',
    scenario: 'two elections of a process that wait',
    edits: [['process/neighbours.ts', 'seen.namesake ?? findEarlier(record, settings)', 'seen.namesake']],
  },
]
