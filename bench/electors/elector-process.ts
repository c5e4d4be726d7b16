/** Many elections of this library in a process of its own, told by messages. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ElectorOrder, Told } from './elector.ts'
import { RunningElector } from './running-elector.ts'
import type { OwnUsage } from './usage.ts'

const PROGRAM = fileURLToPath(new URL('elector.ts', import.meta.url))

export class ElectorProcess extends RunningElector {
  readonly exited: Promise<void>
  readonly #process: ChildProcess
  readonly #directory: string

  private constructor(directory: string, order: ElectorOrder) {
    super()
    this.#directory = directory
    this.#process = fork(PROGRAM, {
      execArgv: order.collectsGarbage ? ['--expose-gc'] : [],
      env: { ...process.env, KUBECONFIG: join(directory, 'kubeconfig') },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#process.on('message', (told: Told) => this.#take(told))
    this.#process.send(order)
    this.exited = once(this.#process, 'exit').then(([code, signal]) => {
      if (code) this.fail(`an elector ended with ${code}`)
      else if (signal !== 'SIGKILL' && this.isAwaited) this.fail('an elector ended while it was waited for')
    })
  }

  /** @param kubeConfig as text: the elector finds it as a pod's process would, by KUBECONFIG. */
  static async start(kubeConfig: string, order: ElectorOrder): Promise<ElectorProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'elector-'))
    await writeFile(join(directory, 'kubeconfig'), kubeConfig)
    return new ElectorProcess(directory, order)
  }

  async usage(): Promise<OwnUsage> {
    const { promise, resolve } = Promise.withResolvers<OwnUsage>()
    const take = (told: Told) => told.type === 'usage' && resolve(told.usage)
    this.#process.on('message', take)
    this.#process.send('usage')
    return await promise.finally(() => this.#process.off('message', take))
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  async end(): Promise<void> {
    this.kill('SIGKILL')
    await this.exited
    await rm(this.#directory, { recursive: true })
  }

  #take(told: Told): void {
    if (told.type === 'leading') this.begins(told)
    else if (told.type === 'lost') this.ends(told)
    else if (told.type === 'informed') this.isInformed = true
    else if (told.type === 'failed') this.fail(`the election of ${told.stand.identity} ended: ${told.error}`)
    this.look()
  }
}
