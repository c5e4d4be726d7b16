/** One candidate as a process of its own, started, stopped and asked by a test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Command, Timing, Told } from './candidate.ts'

export interface CandidateProcessOptions {
  /** The program, bundled so that it starts quickly. */
  readonly program: string
  readonly mode: string
  readonly pod: string
  readonly timing: Timing
  readonly env: Readonly<Record<string, string>>
  /** Called after each line that it told, and after its end. */
  readonly onTold: (told: Told | undefined) => void
}

export class CandidateProcess {
  readonly pod: string
  /** What it told last, by type. */
  readonly told: { [Type in Told['type']]?: Extract<Told, { type: Type }> } = {}
  readonly exited: Promise<{ code: number | null; errors: string }>
  /** Somebody is doing something to it. */
  isStruck = false
  readonly #process: ChildProcess
  #isRunning = true

  constructor({ program, mode, pod, timing, env, onTold }: CandidateProcessOptions) {
    this.pod = pod
    this.#process = spawn(process.execPath, [program, mode], {
      env: { ...process.env, ...env, TIMING: JSON.stringify(timing) },
      stdio: 'pipe',
    })
    this.#process.stdin!.on('error', () => {}) // it has ended, or doesn't listen
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      const told: Told = JSON.parse(line)
      Object.assign(this.told, { [told.type]: told })
      onTold(told)
    })
    let errors = ''
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    this.exited = once(this.#process, 'close').then(([code]) => {
      this.#isRunning = false
      onTold(undefined)
      return { code, errors }
    })
  }

  /** Distinguishes it from others in the same pod. */
  get name(): string {
    return `${this.pod}/${this.#process.pid}`
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** It has started and knows who leads. */
  get isInformed(): boolean {
    return this.#isRunning && this.told.newLeader !== undefined
  }

  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(signal)
  }

  tell(command: Command): void {
    this.#process.stdin!.write(`${JSON.stringify(command)}\n`)
  }

  /** If it leads, or begins to within these milliseconds, it stops between asking whether it leads and writing. */
  stopBeforeWriting(within: number): void {
    this.tell({ type: 'writeAfterPause', until: String(process.hrtime.bigint() + BigInt(within) * 1_000_000n) })
  }

  /** Ends it however it is, also while it is stopped. */
  async end(): Promise<void> {
    if (this.#isRunning) this.kill('SIGKILL')
    await this.exited
  }
}
