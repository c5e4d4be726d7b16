/** Of every bench what fits into ten minutes together, on two cores. */
import type { BenchOptions } from './options.ts'

const wantsAnyOf = (parts: readonly string[]) => (title: string) => parts.some((part) => title.includes(part))

/** In order; what is not said is as it was chosen. */
export const ALL: readonly { readonly name: string; readonly options: Partial<BenchOptions> }[] = [
  { name: 'server', options: {} },
  { name: 'start', options: { rounds: 3 } },
  { name: 'many', options: { elections: 100, seconds: 10 } },
  { name: 'herd', options: { followers: 100, rounds: 1, wants: wantsAnyOf(['in a process', 'an outage']) } },
  { name: 'peers', options: { rounds: 1, wants: wantsAnyOf(['a start', 'the leader stops']) } },
  { name: 'mixed', options: { seconds: 45 } },
  { name: 'soak', options: { renewals: 10_000 } },
  { name: 'scale', options: { elections: 1_000 } },
  { name: 'profile', options: { renewals: 5_000 } },
]
