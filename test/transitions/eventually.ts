/** Waiting for what happens by itself. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Real milliseconds after which something that should happen by itself counts as missing. */
const PATIENCE = 10_000

/** Resolves once the condition holds; it must come to hold by itself, without any timer of the election's. */
export async function eventually<Result>(what: string, condition: () => Result): Promise<NonNullable<Result>> {
  const end = performance.now() + PATIENCE
  for (;;) {
    const result = condition()
    if (result) return result
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await nextTurn()
  }
}
