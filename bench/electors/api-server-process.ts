/** The embedded server's process, as the benches command it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Fault } from '../../src/testing/index.ts'
import type { Command, Report } from './api-server.ts'

const PROGRAM = fileURLToPath(new URL('api-server.ts', import.meta.url))

export class ApiServerProcess {
  readonly #process: ChildProcess = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  readonly #exited = once(this.#process, 'exit')
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #commands = 0

  constructor() {
    this.#process.on('message', ({ id, result }: { id: number; result: unknown }) => {
      this.#waiting.get(id)!.resolve(result)
      this.#waiting.delete(id)
    })
    this.#process.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the server ended with ${code}`))
    })
  }

  /** With the token of this identity, as text. */
  kubeConfig(identity: string): Promise<string> {
    return this.#command({ type: 'kubeConfig', identity }) as Promise<string>
  }

  /** These faults from now on, and no others; with `restarts`, every connection ends as well. */
  async misbehave(faults: readonly Fault[], { restarts = false } = {}): Promise<void> {
    await this.#command({ type: 'misbehave', faults, restarts })
  }

  /** As somebody does who deletes it by hand. */
  async deleteLease(lease: string): Promise<void> {
    await this.#command({ type: 'delete', lease })
  }

  /** What this identity has asked since then, and the state of everything. */
  report(identity: string, since: number): Promise<Report> {
    return this.#command({ type: 'report', identity, since }) as Promise<Report>
  }

  async close(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect()
    await this.#exited
  }

  #command(command: Command): Promise<unknown> {
    this.#commands += 1
    const id = this.#commands
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#process.send({ id, command })
    return answer.promise
  }
}
