/**
 * This library and its peers as candidates of one Lease, whose leaders stop, are killed and are paused: who said to lead
 * when, by each one's own callbacks, and by `isLeading()` of ours.
 *
 * Fails where ours is the late one of two: its `isLeading()` was true while another's later term had begun.
 */
import type { Measurement } from '../measurement.ts'
import type { BenchOptions } from '../options.ts'
import { buildPeers, ours } from '../peers/builds.ts'
import { CLIENT_GO_TIMING } from '../peers/peer-process.ts'
import type { Version } from '../versions.ts'
import { mix } from './mix.ts'

/** By name, and how many of each: two of a kind are seen beside each other, too. */
const PEERS: Readonly<Record<string, number>> = { 'client-go': 2, fabric8: 1, 'kubernetes (Python)': 1 }
const SECONDS = 180

export async function measure(options: BenchOptions, [here]: readonly Version[]): Promise<Measurement[]> {
  const { peers } = buildPeers((name) => Object.hasOwn(PEERS, name) && options.isPeer(name))
  const us = ours(here!.library)
  const candidates = [us, us, ...peers.flatMap((peer) => Array<typeof peer>(PEERS[peer.name]!).fill(peer))]
  const seconds = Math.min(SECONDS, options.seconds)
  const { seed } = options
  console.error(`${candidates.map(({ name }) => name).join(', ')} on one Lease, ${seconds} s, seed ${seed} …`)
  const mixed = await mix(candidates, { seconds, seed, timing: CLIENT_GO_TIMING })
  if (mixed.untrue.length > 0)
    throw new Error(`isLeading() was true beside a later leader: ${JSON.stringify(mixed.untrue.slice(0, 5))}`)
  return [
    ...Object.entries(mixed.misfortunes).map(([what, count]) => figure(`misfortunes: ${what}`, count)),
    ...Object.entries(mixed.terms).map(([peer, count]) => figure(`terms of ${peer}`, count)),
    ...[...new Set(mixed.overlaps.map(({ late, next }) => `${late} beside a new leader of ${next}`))].map((pair) => {
      const those = mixed.overlaps.filter(({ late, next }) => pair === `${late} beside a new leader of ${next}`)
      return {
        name: `${pair}: ${those.length} times by callbacks, at most`,
        value: Math.max(...those.map(({ milliseconds }) => milliseconds)),
        unit: 'ms',
      }
    }),
    figure('isLeading() of ours true beside a later leader', mixed.untrue.length),
  ]
}

function figure(name: string, value: number): Measurement {
  return { name, value, unit: '' }
}
