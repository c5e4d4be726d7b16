/**
 * From the start of a process to its first request and to its leadership, and the memory that it has then, by where it
 * finds its credentials: over TLS, the library as it is published.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiServerProcess } from './electors/api-server-process.ts'
import { monotonic } from './electors/monotonic.ts'
import type { Figure, Measurement } from './measurement.ts'
import type { BenchOptions } from './options.ts'
import { takeTurns } from './turns.ts'
import type { Version } from './versions.ts'

const PROGRAM = fileURLToPath(new URL('electors/starter.mjs', import.meta.url))
const IDENTITY = 'starter'

interface Case {
  readonly name: string
  /** The kubeconfig that the process finds, made of one with a token; files go into the directory. */
  prepare(kubeConfig: string, directory: string): string | Promise<string>
}

const CASES: readonly Case[] = [
  { name: 'a token', prepare: (kubeConfig) => kubeConfig },
  { name: 'a token, in YAML', prepare: (kubeConfig) => `# YAML\n${kubeConfig}` },
  { name: 'an exec plug-in', prepare: withPlugIn },
]

/** What the elector tells once it leads. */
interface Start {
  readonly leadingAt: number
  /** Milliseconds of processor time until then: other than the others, it hardly grows with what else the machine does. */
  readonly busy: number
  /** MB while it leads, just after the start. */
  readonly resident: number
}

export async function measure(options: BenchOptions, versions: readonly Version[]): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const { name, prepare } of CASES) {
    const title = `kubeconfig with ${name}`
    if (!options.wants(title)) continue
    const measured = takeTurns(title, options.rounds, versions, ({ library }) => start(library, prepare))
    measurements.push(...(await measured))
  }
  return measurements
}

/** On a server of its own, whose Lease nobody holds. */
async function start(library: string, prepare: Case['prepare']): Promise<Figure[]> {
  const server = new ApiServerProcess()
  const directory = await mkdtemp(join(tmpdir(), 'bench-start-'))
  try {
    const kubeConfig = join(directory, 'kubeconfig')
    await writeFile(kubeConfig, await prepare(await server.kubeConfig(IDENTITY), directory))
    const startedAt = monotonic()
    const starter = fork(PROGRAM, [library], {
      execArgv: [],
      env: { ...process.env, KUBECONFIG: kubeConfig },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const exit = once(starter, 'exit')
    const [{ leadingAt, busy, resident }] = (await Promise.race([
      once(starter, 'message'),
      exit.then(([code]) => Promise.reject(new Error(`the elector ended with ${code}`))),
    ])) as [Start]
    const { asked } = await server.report(IDENTITY, startedAt)
    starter.send('end')
    await exit
    const requestedAt = Math.min(...asked.map(({ at }) => at))
    return [
      { name: 'first request', value: requestedAt - startedAt, unit: 'ms' },
      { name: 'leading', value: leadingAt - startedAt, unit: 'ms' },
      { name: 'processor time', value: busy, unit: 'ms' },
      { name: 'resident', value: resident, unit: 'MB' },
    ]
  } finally {
    await server.close()
    await rm(directory, { recursive: true })
  }
}

async function withPlugIn(kubeConfig: string, directory: string): Promise<string> {
  const config = JSON.parse(kubeConfig)
  const { token } = config.users[0].user
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } }
  const command = join(directory, 'plug-in')
  await writeFile(command, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(credential)}\nEND\n`, { mode: 0o700 })
  config.users[0].user = { exec: { apiVersion: credential.apiVersion, command } }
  return JSON.stringify(config)
}
