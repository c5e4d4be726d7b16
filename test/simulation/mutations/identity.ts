/** Mistakes in whom a candidate takes for itself. */
import type { Mutation } from '../mutations.ts'

export const IDENTITY: readonly Mutation[] = [
  {
    name: 'an owner that several pods share proves that the last one has ended',
    scenario: 'an owner that pods share',
    edits: [['options.ts', "(found?.kind === 'Pod' ? found.uid : undefined)", 'found?.uid']],
  },
  {
    name: 'a Lease that is gone proves the end of its holder, whoever owned it',
    scenario: 'a Lease gone that pods shared an owner of',
    edits: [
      [
        'lease.ts',
        "return term === 'life' && owner?.uid === podUid && owners.every(({ kind }) => kind === 'Pod')",
        "return term === 'life' || (owner?.uid === podUid && owners.length < 0)",
      ],
    ],
  },
]
