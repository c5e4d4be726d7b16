/** This library and its peers on one Lease, for a time, with a judgement of what they said. */
import { Lab } from '../electors/lab.ts'
import { monotonic } from '../electors/monotonic.ts'
import type { Peer } from '../peers/peer.ts'
import { PeerProcess } from '../peers/peer-process.ts'
import { Churn, type ChurnOptions } from './churn.ts'
import { type Judgement, judge } from './judgement.ts'

const LEASE = 'mixed'
/** Milliseconds between two questions whether it leads. */
const SAMPLING = 10

export interface Mixed extends Judgement {
  readonly misfortunes: Readonly<Record<string, number>>
}

/** @param candidates as many processes of each as it is named. */
export async function mix(candidates: readonly Peer[], { seconds, ...options }: ChurnOptions): Promise<Mixed> {
  const peerOf = new Map<string, Peer>()
  return await Lab.run(
    (kubeConfig, stands) =>
      PeerProcess.start(peerOf.get(stands[0]!.identity)!, kubeConfig, {
        stands,
        timing: options.timing,
        standsAgain: true,
        sampling: SAMPLING,
      }),
    async (lab) => {
      const start = (peer: Peer, identity: string) => {
        peerOf.set(identity, peer)
        return lab.start(identity, [{ lease: LEASE, identity }])
      }
      const churn = new Churn(candidates, start, options)
      const told = await churn.run(seconds)
      return { ...judge(told, monotonic()), misfortunes: churn.misfortunes }
    },
  )
}
