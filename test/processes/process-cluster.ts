/** Candidates in processes of their own, in pods of the embedded server, with a resource that they share. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { ONE_FILE } from '../../bundling.ts'
import { type LeaseServer, type LeaseServerOptions, startLeaseServer } from '../../src/testing/index.ts'
import type { Timing, Told } from './candidate.ts'
import { CandidateProcess } from './candidate-process.ts'
import { LeaseHistory } from './lease-history.ts'
import { SharedResource } from './shared-resource.ts'

export const LEASE = 'my-app'
/** The shortest lease there is: for tests that wait for it to expire. A slow machine may lose it, but never share it. */
export const SHORT: Timing = { interval: 300, leaseDuration: 1_000, renewDeadline: 700 }
/** For tests in which the leadership must go on, or change hands without waiting for this long. */
export const LONG: Timing = { interval: 500, leaseDuration: 60_000, renewDeadline: 40_000 }

/** Milliseconds that anything may take that should be quick, on a busy machine. */
const PATIENCE = 15_000

export class ProcessCluster implements AsyncDisposable {
  readonly server: LeaseServer
  readonly lease: LeaseHistory
  readonly resource = new SharedResource()
  readonly processes: CandidateProcess[] = []
  readonly #directory: string
  readonly #waiting = new Set<() => void>()

  constructor(server: LeaseServer, directory: string) {
    this.server = server
    this.#directory = directory
    this.lease = new LeaseHistory(server, () => this.#check())
  }

  static async start(options?: LeaseServerOptions): Promise<ProcessCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'leader-election-processes-'))
    await writeFile(join(directory, 'candidate.mjs'), await bundledCandidate())
    return new ProcessCluster(await startLeaseServer(options), directory)
  }

  /** Starts a candidate in this pod, which works while it leads; resolves when it knows who leads. */
  async candidate(pod: string, timing: Timing = SHORT): Promise<CandidateProcess> {
    const candidate = this.spawn(pod, 'works while it leads', timing)
    await this.until(() => candidate.isInformed || !candidate.isRunning, `${pod} knows who leads`)
    if (!candidate.isRunning) throw new Error(`${pod} ended: ${JSON.stringify(await candidate.exited)}`)
    return candidate
  }

  /** Starts a process in this pod: in an existing pod that is what the kubelet does when a container has ended. */
  spawn(pod: string, mode: string, timing: Timing = SHORT): CandidateProcess {
    const env = {
      ...this.server.podEnv(pod),
      LEASE_NAME: LEASE,
      HOME: this.#directory,
      KUBECONFIG: this.#writeKubeConfig(pod),
    }
    const candidate: CandidateProcess = new CandidateProcess({
      program: join(this.#directory, 'candidate.mjs'),
      mode,
      pod,
      timing,
      env,
      onTold: (told) => {
        if (told?.type === 'write') this.#write(candidate, told)
        this.#check()
      },
    })
    this.processes.push(candidate)
    return candidate
  }

  /** As the kubelet does with a service account's token; the old one is refused from now on. */
  rotateToken(pod: string): void {
    this.server.rotateToken(pod)
    this.#writeKubeConfig(pod)
  }

  /** Who holds the Lease and was told that it leads; undefined while there is none. */
  get leader(): CandidateProcess | undefined {
    const [version] = [...this.lease.acquisitions.keys()].slice(-1)
    return this.processes.find(
      ({ pod, isRunning, told }) =>
        isRunning && pod === this.lease.holder && told.leading?.fencingToken === String(version),
    )
  }

  /** What must never be, by all that was recorded; empty as long as all is well. */
  get violations(): string[] {
    const forged = this.resource.terms
      .filter(({ fencingToken, from }) => !from.startsWith(`${this.lease.acquisitions.get(fencingToken)?.holder}/`))
      .map(({ fencingToken, from }) => `${from} uses the token ${fencingToken}, by which it never became the holder`)
    const acquisitions = [...this.lease.acquisitions.values()]
    const late = this.resource.terms.flatMap(({ fencingToken, from, ledAt }) => {
      const next = acquisitions.find(({ version }) => version > fencingToken)
      return next && ledAt > next.at ? [`${from} (${fencingToken}) led on after ${next.holder} had the Lease`] : []
    })
    return [...this.lease.violations, ...this.resource.violations, ...forged, ...late]
  }

  /** Waits for what processes and server tell until the condition holds; its value. */
  async until<Value>(condition: () => Value, what: string, patience = PATIENCE): Promise<NonNullable<Value>> {
    const { promise, resolve, reject } = Promise.withResolvers<NonNullable<Value>>()
    const check = () => {
      const value = condition()
      if (value) resolve(value)
    }
    const timer = setTimeout(() => reject(new Error(`after ${patience} ms still waiting until ${what}`)), patience)
    this.#waiting.add(check)
    check()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(check)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map((each) => each.end()))
    await this.server.close()
    await rm(this.#directory, { recursive: true })
  }

  #write({ name }: CandidateProcess, { fencingToken, askedAt, answeredAt }: Extract<Told, { type: 'write' }>): void {
    this.resource.write({
      from: name,
      fencingToken: BigInt(fencingToken),
      askedAt: BigInt(askedAt),
      answeredAt: BigInt(answeredAt),
    })
  }

  #check(): void {
    for (const check of [...this.#waiting]) check()
  }

  #writeKubeConfig(pod: string): string {
    const file = join(this.#directory, `${pod}.kubeconfig`)
    writeFileSync(file, this.server.kubeConfigYaml(pod), { mode: 0o600 })
    return file
  }
}

let bundle: Promise<Uint8Array> | undefined

/** Starts three times as fast as from the sources; made once for all tests of a file. */
function bundledCandidate(): Promise<Uint8Array> {
  bundle ??= build({
    entryPoints: [fileURLToPath(new URL('candidate.ts', import.meta.url))],
    write: false,
    ...ONE_FILE,
    logLevel: 'warning',
  }).then(({ outputFiles }) => outputFiles[0]!.contents)
  return bundle
}
