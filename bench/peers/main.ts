/** This library beside what one would use instead: the same server, the same times (15, 10 and 2 seconds), by turns. */
import { Lab } from '../electors/lab.ts'
import type { Figure, Measurement } from '../measurement.ts'
import type { BenchOptions } from '../options.ts'
import { takeTurns } from '../turns.ts'
import type { Version } from '../versions.ts'
import { buildPeers, ours } from './builds.ts'
import type { PeerCase } from './case.ts'
import { COSTS } from './costs.ts'
import { CROWDS } from './crowds.ts'
import { FAIL_OVER } from './fail-over.ts'
import { OURS, type Peer } from './peer.ts'
import { PeerProcess } from './peer-process.ts'
import { keepPeers } from './results.ts'

const CASES: readonly PeerCase[] = [...COSTS, ...FAIL_OVER, ...CROWDS]

export async function measure(options: BenchOptions, [here]: readonly Version[]): Promise<Measurement[]> {
  const { peers, missing } = buildPeers(options.isPeer)
  const all = [ours(here!.library), ...peers]
  const measurements: Measurement[] = []
  for (const each of CASES.filter(({ title }) => options.wants(title))) {
    const contenders = all.filter(({ isForMany }) => isForMany || !each.isOfMany)
    const rounds = Math.ceil(options.rounds * each.shareOfRounds)
    measurements.push(...(await takeTurns(each.title, rounds, contenders, (peer) => run(each, peer, options))))
    // Case by case: what breaks off after an hour has shown something all the same.
    if (options.save) await keepPeers(options, all, missing, measurements)
  }
  return measurements
}

async function run(each: PeerCase, peer: Peer, options: BenchOptions): Promise<Figure[]> {
  const measured = Lab.run(
    (kubeConfig, stands) => PeerProcess.start(peer, kubeConfig, { ...each.order, stands }),
    (lab) => each.measure(lab, options),
  )
  // What a peer can't do is a result, too.
  return await measured.catch((error: Error) => {
    if (peer.name === OURS) throw error
    console.error(`${each.title}: ${peer.name}: ${error.message}`)
    return []
  })
}
