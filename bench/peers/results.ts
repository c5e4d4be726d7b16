/** What a run beside the peers has shown, as it is kept. */
import type { Measurement } from '../measurement.ts'
import type { BenchOptions } from '../options.ts'
import { keep, type Recorded } from '../results/record.ts'
import type { Missing } from './builds.ts'
import { WINDOW } from './costs.ts'
import type { Peer } from './peer.ts'
import { CLIENT_GO_TIMING, type PeerTiming } from './peer-process.ts'

interface Details {
  /** In seconds. */
  readonly timing: PeerTiming
  /** Of what is quick; what takes long was repeated less often. */
  readonly rounds: number
  /** Seconds in which nothing happened to a leader and a follower. */
  readonly window: number
  readonly peers: readonly Pick<Peer, 'name' | 'version'>[]
  readonly missing: readonly Missing[]
}

export type PeerResults = Recorded<Details>

export async function keepPeers(
  { rounds, seconds }: BenchOptions,
  peers: readonly Peer[],
  missing: readonly Missing[],
  measurements: readonly Measurement[],
): Promise<void> {
  const versions = peers.map(({ name, version }) => ({ name, version }))
  const window = Math.min(seconds, WINDOW)
  await keep<Details>('peers', { timing: CLIENT_GO_TIMING, rounds, window, peers: versions, missing }, measurements)
}
