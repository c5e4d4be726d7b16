/** An elector as a process of its own, and what it has told so far. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ElectorOrder, Told, Usage } from './elector.ts'

const PROGRAM = fileURLToPath(new URL('elector.ts', import.meta.url))

export class ElectorProcess {
  /** The Leases and identities that lead now. */
  readonly leading = new Set<string>()
  /** Every loss of a term so far, in order. */
  readonly lost: Extract<Told, { type: 'lost' }>[] = []
  /** When a term first began in it, by the machine's monotonic clock. */
  firstLeadingAt: number | undefined
  isInformed = false
  readonly exited: Promise<void>
  readonly #process: ChildProcess
  readonly #waiting = new Set<() => void>()
  readonly #directory: string
  #failure: Error | undefined

  private constructor(directory: string, order: ElectorOrder) {
    this.#directory = directory
    this.#process = fork(PROGRAM, {
      env: { ...process.env, KUBECONFIG: join(directory, 'kubeconfig') },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#process.on('message', (told: Told) => this.#take(told))
    this.#process.send(order)
    this.exited = once(this.#process, 'exit').then(([code, signal]) => {
      if (code) this.#fail(`an elector ended with ${code}`)
      else if (signal !== 'SIGKILL' && this.#waiting.size > 0) this.#fail('an elector ended while it was waited for')
    })
  }

  /** @param kubeConfig as text: the elector finds it as a pod's process would, by KUBECONFIG. */
  static async start(kubeConfig: string, order: ElectorOrder): Promise<ElectorProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'elector-'))
    await writeFile(join(directory, 'kubeconfig'), kubeConfig)
    return new ElectorProcess(directory, order)
  }

  /** Resolves with true once the condition holds, with false where it does not within the time. */
  async until(condition: () => boolean, milliseconds: number): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    const look = () => {
      if (this.#failure) reject(this.#failure)
      else if (condition()) resolve(true)
    }
    // The process itself keeps us alive; nobody waits for a race that another one has won.
    const timer = setTimeout(() => resolve(false), milliseconds).unref()
    this.#waiting.add(look)
    look()
    return await promise.finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(look)
    })
  }

  /** Lets these seconds go by; rejects if the elector fails meanwhile. */
  async pass(seconds: number): Promise<void> {
    await this.until(() => false, seconds * 1000)
  }

  async usage(): Promise<Usage> {
    const { promise, resolve } = Promise.withResolvers<Usage>()
    const take = (told: Told) => told.type === 'usage' && resolve(told.usage)
    this.#process.on('message', take)
    this.#process.send('usage')
    return await promise.finally(() => this.#process.off('message', take))
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#process.kill(signal)
  }

  async end(): Promise<void> {
    this.kill('SIGKILL')
    await this.exited
    await rm(this.#directory, { recursive: true })
  }

  #take(told: Told): void {
    if (told.type === 'leading') {
      this.firstLeadingAt ??= told.at
      this.leading.add(`${told.stand.lease} ${told.stand.identity}`)
    } else if (told.type === 'lost') {
      this.leading.delete(`${told.stand.lease} ${told.stand.identity}`)
      this.lost.push(told)
    } else if (told.type === 'informed') this.isInformed = true
    else if (told.type === 'failed') this.#fail(`the election of ${told.stand.identity} ended: ${told.error}`)
    for (const look of [...this.#waiting]) look()
  }

  #fail(message: string): void {
    this.#failure ??= new Error(message)
    for (const look of [...this.#waiting]) look()
  }
}
