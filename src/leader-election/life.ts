/**
 * What `becomeLeaderForLife` promises: a leadership once, and a promise for each loss.
 *
 * The promise of the leadership settles once: with the term, or with why there was none. The term's signal aborts however it
 * ends. `lost` rejects for each leadership that is lost; the next one begins another promise.
 */
import type { ElectionActor } from '../election-machine.ts'
import { leadershipLost } from '../statechart/context.ts'
import type { Leadership, MakeLeadership } from './leadership.ts'
import { stopped } from './work.ts'

export class Lifelong {
  /** Of the present leadership, or the next; there is none until somebody asks, or a loss has to be told. */
  #loss: PromiseWithResolvers<never> | undefined
  #isLossTold = false

  get lost(): Promise<never> {
    return this.#lost.promise
  }

  /**
   * @param begin makes the actor, which is not started yet; may throw.
   * @param run starts it; resolves when it was stopped, rejects with what ended it.
   * @param whyStopped why it ended, where it was stopped.
   */
  lead(
    begin: () => ElectionActor,
    run: (actor: ElectionActor) => Promise<void>,
    makeLeadership: MakeLeadership,
    whyStopped: () => unknown,
  ): Promise<Leadership> {
    const term = new AbortController()
    const { promise, resolve, reject } = Promise.withResolvers<Leadership>()
    if (this.#isLossTold) this.#loss = undefined
    this.#isLossTold = false
    let hasLed = false
    const end = (reason: unknown) => {
      term.abort(reason)
      reject(reason)
    }
    try {
      const actor = begin()
      actor.on('*', (event) => {
        if (event.type === 'draining') term.abort(whyDraining(actor))
        if (event.type !== 'leading') return
        hasLed = true
        resolve(makeLeadership(event.fencingToken, term.signal))
      })
      run(actor).then(
        () => end(whyStopped()),
        (error) => {
          end(error)
          if (hasLed) this.#tellLoss(error)
        },
      )
    } catch (error) {
      end(error)
    }
    return promise
  }

  get #lost(): PromiseWithResolvers<never> {
    this.#loss ??= Promise.withResolvers()
    return this.#loss
  }

  #tellLoss(error: unknown): void {
    this.#isLossTold = true
    this.#lost.reject(error)
  }
}

/** Whoever did not ask for it himself is asked to hand over: that is a loss, as soon as the Lease is given back. */
function whyDraining(actor: ElectionActor): Error {
  const { context } = actor.getSnapshot()
  if (context.stopping?.kind === 'stop') return stopped()
  return leadershipLost({ ...context, loss: { kind: 'askedToStepDown' } })
}
