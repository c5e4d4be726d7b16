/** What an elector's process has told so far, and how one waits for more of it. */
import type { Stand } from './elector.ts'
import type { Usage } from './usage.ts'

/** What every elector tells, in whatever form: `at` is the machine's monotonic time. */
export interface Happening {
  readonly stand: Stand
  readonly at: number
}

export abstract class RunningElector {
  /** The Leases and identities that lead now. */
  readonly leading = new Set<string>()
  /** Every beginning of a term so far, in order. */
  readonly led: Happening[] = []
  /** Every loss of a term so far, in order. */
  readonly lost: Happening[] = []
  /** Each of its elections has seen who leads. */
  isInformed = false
  abstract readonly exited: Promise<void>
  readonly #waiting = new Set<() => void>()
  #failure: Error | undefined

  abstract kill(signal: NodeJS.Signals): void
  abstract usage(): Promise<Usage>
  /** Ends it at once, whatever it does. */
  abstract end(): Promise<void>

  /** When a term first began in it, by the machine's monotonic clock. */
  get firstLeadingAt(): number | undefined {
    return this.led[0]?.at
  }

  protected get isAwaited(): boolean {
    return this.#waiting.size > 0
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

  protected begins(happening: Happening): void {
    this.leading.add(keyOf(happening))
    this.led.push(happening)
  }

  protected ends(happening: Happening): void {
    this.leading.delete(keyOf(happening))
    this.lost.push(happening)
  }

  protected fail(message: string): void {
    this.#failure ??= new Error(message)
    this.look()
  }

  protected look(): void {
    for (const look of [...this.#waiting]) look()
  }
}

function keyOf({ stand: { lease, identity } }: Happening): string {
  return `${lease} ${identity}`
}
