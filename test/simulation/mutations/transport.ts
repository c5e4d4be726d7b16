/** Mistakes in how requests share connections, and in what is left when an election ends. */
import type { Mutation } from '../mutations.ts'

export const TRANSPORT: readonly Mutation[] = [
  {
    name: 'requests that hang keep all others back',
    scenario: 'a queue of requests',
    edits: [
      [
        'kubernetes/http/request-queue.ts',
        'underWay - this.#hanging(now) < most',
        'underWay + 0 * this.#hanging(now) < most',
      ],
    ],
  },
  {
    name: 'claims and looks are sent before renewals',
    scenario: 'a queue of requests',
    edits: [
      [
        'kubernetes/http/request-queue.ts',
        '{ keep: 0, release: 1, claim: 2, look: 3 }',
        '{ keep: 3, release: 2, claim: 1, look: 0 }',
      ],
    ],
  },
  {
    name: 'renewals are sent in the order in which they came',
    scenario: 'a queue of requests',
    edits: [
      [
        'kubernetes/http/request-queue.ts',
        "  if (a.purpose === 'keep' && b.purpose === 'keep' && a.until !== b.until) return a.until < b.until\n",
        '',
      ],
    ],
  },
  {
    name: 'what keeps a term waits until others leave the window',
    scenario: 'a queue of requests',
    edits: [
      [
        'kubernetes/http/request-queue.ts',
        'const most = isOfTerm ? this.#limits.terms : Math.min(this.#window, this.#limits.others)',
        'const most = Math.min(this.#window, isOfTerm ? this.#limits.terms : this.#limits.others)',
      ],
    ],
  },
  {
    name: 'all that waits is sent at once after a connection was lost',
    scenario: 'a queue of requests',
    edits: [['kubernetes/http/request-queue.ts', "else if (outcome === 'lost') this.#window = FIRST", '']],
  },
  {
    name: 'all claims of a process on one Lease are sent',
    scenario: 'a queue of requests',
    edits: [
      [
        'kubernetes/http/request-queue.ts',
        'return other !== undefined && !this.#hangs(other, now)',
        'return false && other === undefined && now === 0',
      ],
    ],
  },
  {
    name: 'each election has connections of its own',
    scenario: 'elections that share',
    edits: [['kubernetes/shared-cluster.ts', 'clusters.get(access.key) ?? newCluster(access)', 'newCluster(access)']],
  },
  {
    name: 'the stream of a watch stays open after its election',
    scenario: 'an election ends beside others',
    edits: [['kubernetes/watch-hub.ts', '    if (this.#members.size === 0) this.end()\n', '']],
  },
  {
    name: 'each request leaves its listener on the signal',
    scenario: 'requests with one signal',
    edits: [
      [
        'kubernetes/http/bounds.ts',
        "    clock.clearTimeout(timer)\n    signal.removeEventListener('abort', abort)\n",
        '    clock.clearTimeout(timer)\n',
      ],
    ],
  },
]
