/** A leadership that is given up in order, and what may be asked for. */
import type { ElectionActor } from '../election-machine.ts'
import { ConfigurationError, ElectionError } from '../errors.ts'
import { LONGEST_DELAY } from '../options/limits.ts'
import { display } from '../options/validation.ts'

/**
 * Asks a running election to step down; resolves when it holds nothing any more.
 *
 * @throws ElectionError for a leader for life, ConfigurationError for a wrong cooldown.
 */
export async function stepDown(actor: ElectionActor, cooldown: number | undefined): Promise<void> {
  if (actor.getSnapshot().context.settings.term === 'life') {
    throw new ElectionError('a leader for life does not step down: `stop` the election instead.')
  }
  if (cooldown !== undefined && !(typeof cooldown === 'number' && cooldown >= 0 && cooldown <= LONGEST_DELAY)) {
    throw new ConfigurationError(
      `cooldown is ${display(cooldown)}; expected milliseconds from 0 to ${LONGEST_DELAY} (24 days).`,
    )
  }
  actor.send({ type: 'stepDown', ...(cooldown !== undefined && { cooldown }) })
  const holdsNothing = (snapshot: ReturnType<typeof actor.getSnapshot>) =>
    snapshot.status !== 'active' || snapshot.matches('observing') || snapshot.matches('deposed')
  const { promise, resolve } = Promise.withResolvers<void>()
  const settle = () => holdsNothing(actor.getSnapshot()) && resolve()
  const subscription = actor.subscribe({ next: settle, error: () => resolve(), complete: () => resolve() })
  settle()
  await promise
  subscription.unsubscribe()
}
