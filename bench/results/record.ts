/** Results as they are kept beside this file: with the date, the commit and the machine, on which they depend. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import type { Measurement } from '../measurement.ts'

export interface Circumstances {
  readonly date: string
  readonly commit: string
  readonly machine: {
    readonly processor: string
    readonly cores: number
    readonly memory: string
    readonly system: string
    readonly node: string
  }
}

export type Recorded<Details> = Circumstances & Details & { readonly measurements: readonly Measurement[] }

/** Under this name, over what was kept there before. */
export async function keep<Details extends object>(
  name: string,
  details: Details,
  measurements: readonly Measurement[],
): Promise<void> {
  const recorded: Recorded<Details> = { ...circumstances(), ...details, measurements }
  await writeFile(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(recorded, shorten, 2)}\n`)
}

function circumstances(): Circumstances {
  const cores = os.cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine: {
      processor: cores[0]!.model,
      cores: cores.length,
      memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
      system: `${os.type()} ${os.release()}`,
      node: process.version,
    },
  }
}

/** More digits than a measurement has would only make differences. */
function shorten(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
