/** A renewer as a process of its own, as the benches command it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Profiler } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Holdings, RenewerCommand, RenewerOrder, RenewerTold } from './renewer.ts'

const PROGRAM = fileURLToPath(new URL('renewer.ts', import.meta.url))

export class RenewerProcess implements AsyncDisposable {
  /** Renewals so far, to the hundred. */
  count = 0
  /** How many of its elections lead, as it said last. */
  leading = 0
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #directory: string

  private constructor(directory: string, order: RenewerOrder) {
    this.#directory = directory
    this.#process = fork(PROGRAM, {
      execArgv: ['--expose-gc'],
      env: { ...process.env, KUBECONFIG: join(directory, 'kubeconfig') },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#exited = once(this.#process, 'exit')
    this.#process.on('message', (told: RenewerTold) => {
      if (told.type === 'renewed') [this.count, this.leading] = [told.count, told.leading]
    })
    this.#process.send(order)
  }

  static async start(kubeConfig: string, order: RenewerOrder): Promise<RenewerProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'renewer-'))
    await writeFile(join(directory, 'kubeconfig'), kubeConfig)
    return new RenewerProcess(directory, order)
  }

  /** Resolves once it tells what fulfils the condition. @throws Error where the process ends before. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#next('renewed')
  }

  async look(): Promise<Holdings> {
    return (await this.#ask('look', 'holdings')).holdings
  }

  /** All its elections stop in order; what the process holds then. */
  async stop(): Promise<Holdings> {
    return (await this.#ask('stop', 'holdings')).holdings
  }

  /** Where the time went while so many renewals were made, at least. */
  async profile(renewals: number): Promise<{ profile: Profiler.Profile; renewals: number }> {
    await this.#ask('profile', 'profiling')
    const until = this.count + renewals
    await this.until(() => this.count >= until)
    return await this.#ask('profiled', 'profile')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exited
    await rm(this.#directory, { recursive: true })
  }

  #ask<Type extends RenewerTold['type']>(command: RenewerCommand, type: Type) {
    const answer = this.#next(type)
    this.#process.send(command)
    return answer
  }

  async #next<Type extends RenewerTold['type']>(type: Type): Promise<Extract<RenewerTold, { type: Type }>> {
    const { promise, resolve, reject } = Promise.withResolvers<Extract<RenewerTold, { type: Type }>>()
    const take = (told: RenewerTold) => {
      if (told.type === type) resolve(told as Extract<RenewerTold, { type: Type }>)
    }
    const fail = (code: number | null) => reject(new Error(`the elections' process ended with ${code}`))
    this.#process.on('message', take).on('exit', fail)
    return await promise.finally(() => this.#process.off('message', take).off('exit', fail))
  }
}
