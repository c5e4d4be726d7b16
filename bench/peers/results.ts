/** What a run beside the peers has shown, as it is kept: figures, and all that they depend on. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import type { Measurement } from '../measurement.ts'
import type { BenchOptions } from '../options.ts'
import type { Missing } from './builds.ts'
import type { Peer } from './peer.ts'
import { CLIENT_GO_TIMING, type PeerTiming } from './peer-process.ts'

export interface PeerResults {
  readonly date: string
  readonly commit: string
  readonly machine: {
    readonly processor: string
    readonly cores: number
    readonly memory: string
    readonly system: string
  }
  /** In seconds. */
  readonly timing: PeerTiming
  /** Of what is quick; what takes long was repeated less often. */
  readonly rounds: number
  readonly peers: readonly Pick<Peer, 'name' | 'version'>[]
  readonly missing: readonly Missing[]
  readonly measurements: readonly Measurement[]
}

export const RESULTS = new URL('../results/peers.json', import.meta.url)

interface Run {
  readonly peers: readonly Peer[]
  readonly missing: readonly Missing[]
  readonly measurements: readonly Measurement[]
}

export async function writeResults({ rounds }: BenchOptions, { peers, missing, measurements }: Run): Promise<void> {
  const cores = os.cpus()
  const results: PeerResults = {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine: {
      processor: cores[0]!.model,
      cores: cores.length,
      memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
      system: `${os.type()} ${os.release()}`,
    },
    timing: CLIENT_GO_TIMING,
    rounds,
    peers: peers.map(({ name, version }) => ({ name, version })),
    missing,
    measurements,
  }
  await writeFile(RESULTS, `${JSON.stringify(results, shorten, 2)}\n`)
}

/** More digits than a measurement has would only make differences. */
function shorten(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
