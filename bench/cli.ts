/**
 * The command line's `serve` as a sidecar that follows: from its start to its first answer, the memory that it has once it
 * has settled, and the processor time until then. Where Go is installed, beside a sidecar with client-go. Needs /proc.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ApiServerProcess } from './electors/api-server-process.ts'
import { monotonic } from './electors/monotonic.ts'
import { type Measurement, ofRounds } from './measurement.ts'
import type { BenchOptions } from './options.ts'
import type { Version } from './versions.ts'

const GO_SIDECAR = fileURLToPath(new URL('cli/sidecar', import.meta.url))
const LEASE = 'sidecars'
/** Milliseconds after its first answer in which it settles. */
const SETTLING = 2_000

interface Sidecar {
  readonly name: string
  /** The program and its arguments, for a candidate of this identity that listens on this port. */
  command(identity: string, port: number): readonly [string, ...string[]]
}

interface Figures {
  /** Milliseconds from before the process was started. */
  readonly answered: number
  /** Megabytes. */
  readonly resident: number
  /** Milliseconds of processor time, from its start until it was asked for. */
  readonly busy: number
}

export async function measure(options: BenchOptions, versions: readonly Version[]): Promise<Measurement[]> {
  if (!options.wants('sidecar')) return []
  const directory = await mkdtemp(join(tmpdir(), 'bench-cli-'))
  const server = new ApiServerProcess()
  try {
    const sidecars = [...versions.flatMap(ofVersion), ...withClientGo(directory)]
    const kubeconfig = join(directory, 'kubeconfig')
    await writeFile(kubeconfig, await server.kubeConfig('sidecar'))
    const leader = await start(sidecars[0]!, 'leader', kubeconfig)
    const figures = sidecars.map((): Figures[] => [])
    // They take turns, so that what else the machine does harms them alike.
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [index, sidecar] of sidecars.entries()) {
        console.error(`a sidecar that follows: ${sidecar.name}, round ${round + 1} …`)
        figures[index]!.push(await follow(sidecar, kubeconfig))
      }
    }
    await end(leader.process)
    return sidecars.flatMap(({ name: version }, index) => {
      const of = (figure: keyof Figures) => figures[index]!.map((each) => each[figure])
      return [
        ofRounds('a sidecar that follows: first answer', 'ms', of('answered')),
        ofRounds(`a sidecar that follows: resident ${SETTLING / 1000} s later`, 'MB', of('resident')),
        ofRounds('a sidecar that follows: processor time until then', 'ms', of('busy')),
      ].map((measurement) => ({ ...measurement, version }))
    })
  } finally {
    await server.close()
    await rm(directory, { recursive: true })
  }
}

/** None for a version that has no such command. */
function ofVersion({ name, library }: Version): Sidecar[] {
  const main = fileURLToPath(new URL('cli/main.js', library))
  const help = execFileSync(process.execPath, [main, '--help'], { encoding: 'utf8' })
  if (!/^ +serve /m.test(help)) return []
  const flags = ['--preset', 'client-go', '--namespace', 'default']
  return [
    {
      name,
      command: (identity, port) => [
        process.execPath,
        ...[main, 'serve', LEASE, '--identity', identity, '--http', `127.0.0.1:${port}`, ...flags],
      ],
    },
  ]
}

function withClientGo(directory: string): Sidecar[] {
  const program = join(directory, 'sidecar')
  console.error('building a sidecar with client-go …')
  try {
    const build = ['build', '-trimpath', '-ldflags', '-s -w', '-o', program, '.']
    execFileSync('go', build, { cwd: GO_SIDECAR, stdio: ['ignore', process.stderr, 'inherit'] })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    console.error('Go is not installed: measured without it')
    return []
  }
  return [{ name: 'client-go', command: (identity, port) => [program, LEASE, identity, `127.0.0.1:${port}`] }]
}

async function follow(sidecar: Sidecar, kubeconfig: string): Promise<Figures> {
  const { process, answered } = await start(sidecar, 'follower', kubeconfig)
  try {
    await wait(SETTLING)
    return { answered, ...(await usageOf(process.pid!)) }
  } finally {
    await end(process)
  }
}

/** Resolves with its first answer. */
async function start(
  { name, command }: Sidecar,
  identity: string,
  kubeconfig: string,
): Promise<{ process: ChildProcess; answered: number }> {
  const port = await freePort()
  const [program, ...args] = command(identity, port)
  const startedAt = monotonic()
  const child = spawn(program, args, { env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: 'ignore' })
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the sidecar of ${name} ended with ${code}`)
  })
  exited.catch(() => {})
  const answered = async () => {
    while (!(await answers(port))) await wait(1)
    return monotonic() - startedAt
  }
  return { process: child, answered: await Promise.race([answered(), exited]) }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200))
    }).once('error', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

/** Of the system, by its own accounts: so they are the same for each program. */
async function usageOf(pid: number): Promise<Omit<Figures, 'answered'>> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status)!
  // After the program's name, which may hold anything: user and system time are the 14th and 15th field, in 1/100 s.
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)!.split(' ')
  return { resident: Number(kilobytes) / 1024, busy: (Number(fields[11]) + Number(fields[12])) * 10 }
}
