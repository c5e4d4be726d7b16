/** What is measured of each peer. */
import type { Lab } from '../electors/lab.ts'
import type { Figure } from '../measurement.ts'
import type { BenchOptions } from '../options.ts'
import type { PeerOrder, PeerProcess } from './peer-process.ts'

export interface PeerCase {
  readonly title: string
  /** What takes long is measured in a part of the rounds. */
  readonly shareOfRounds: number
  /** Only of those of which a process takes many elections. */
  readonly isOfMany?: true
  readonly order?: Pick<PeerOrder, 'sampling'>
  /** In a lab of its own. */
  measure(lab: Lab<PeerProcess>, options: BenchOptions): Promise<Figure[]>
}
