/**
 * Ctrl-Z and `fg`: what belongs to this process stops with it, and goes on when it does.
 *
 * The candidates are in process groups of their own, so the terminal's signals reach this process only: `fg` must not
 * wake a candidate that was put to sleep on purpose.
 */

/** Milliseconds after which a process that was not stopped notices: the kernel stops none without a shell that could continue it. */
const NOTICE = 50

export interface Job {
  suspend(): void
  resume(): void
}

export class JobControl {
  readonly #job: Job
  readonly #onStop = () => this.#stop(process.pid)
  readonly #onContinue = () => this.#goOn()
  #timer: NodeJS.Timeout | undefined

  constructor(job: Job) {
    this.#job = job
    process.on('SIGTSTP', this.#onStop)
    process.on('SIGCONT', this.#onContinue)
  }

  /** Stops this process and those that were started with it, such as npm: as the terminal does at Ctrl-Z. */
  stopAll(): void {
    this.#stop(0)
  }

  close(): void {
    clearTimeout(this.#timer)
    process.off('SIGTSTP', this.#onStop)
    process.off('SIGCONT', this.#onContinue)
  }

  #stop(pid: number): void {
    this.#job.suspend()
    process.off('SIGTSTP', this.#onStop) // once without a listener, it stops
    process.kill(pid, 'SIGTSTP')
    this.#timer = setTimeout(this.#onContinue, NOTICE)
  }

  #goOn(): void {
    clearTimeout(this.#timer)
    process.off('SIGTSTP', this.#onStop)
    process.on('SIGTSTP', this.#onStop)
    this.#job.resume()
  }
}
