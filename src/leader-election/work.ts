/**
 * What `lead` does with its work: run it in a term, abort its signal when the term ends, await it, and run it anew in the
 * next one.
 *
 * Guaranteed: the work is known to the statechart before anybody can ask it to stop, and the statechart hears of its end,
 * without which the Lease is not given back and no other term begins. However the actor ends, by an error inside or stopped
 * from outside, the signal aborts: the work must not go on beside the next leader's.
 */
import type { ElectionActor } from '../election-machine.ts'
import { ElectionStoppedError, LeadershipLostError } from '../errors.ts'
import { describeLoss } from '../lease/tenure.ts'
import type { Leadership, MakeLeadership } from './leadership.ts'

/** What is done while leading. @inline */
export type Work<Result> = (leadership: Leadership) => Result | Promise<Result>

/**
 * Attaches the work to an actor that is not started yet.
 *
 * @param signal where it has aborted, its reason is that of the end.
 * @returns to be called when the actor has ended in order: what the work returned. Throws what it threw, or why it never ran.
 */
export function attachWork<Result>(
  actor: ElectionActor,
  work: Work<Result>,
  makeLeadership: MakeLeadership,
  signal: AbortSignal | undefined,
): () => Result {
  let outcome: { result: Result } | { error: unknown } | undefined
  let term: AbortController | undefined

  const run = async (fencingToken: bigint) => {
    const own = new AbortController()
    term = own
    let settled: typeof outcome
    try {
      settled = { result: await work(makeLeadership(fencingToken, own.signal)) }
    } catch (error) {
      settled = { error }
    }
    const { context, status } = actor.getSnapshot()
    // Work that ended because its term did will be run anew, whatever it returned or threw.
    if (!own.signal.aborted || context.stopping?.kind === 'stop') outcome = settled
    if (status !== 'active') return
    actor.send({ type: 'workEnded' })
    if (!own.signal.aborted) actor.send({ type: 'stop' })
  }
  actor.on('*', (event) => {
    switch (event.type) {
      case 'leading':
        actor.send({ type: 'workStarted' })
        void run(event.fencingToken)
        break
      case 'draining':
      case 'released':
        term?.abort(signal?.aborted ? signal.reason : stopped())
        break
      case 'lost':
        term?.abort(new LeadershipLostError(`leadership lost: ${describeLoss(event.reason)}`, event.reason))
    }
  })
  const abortAtEnd = () => term?.abort(whyEnded(actor))
  actor.subscribe({ complete: abortAtEnd, error: abortAtEnd })

  return () => {
    if (outcome === undefined) throw signal?.aborted ? signal.reason : stopped()
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }
}

/** Why the work has to stop where nothing else has said so. */
function whyEnded(actor: ElectionActor): Error {
  const { status, error } = actor.getSnapshot()
  return status === 'error' && error instanceof Error ? error : stopped()
}

export function stopped(): ElectionStoppedError {
  return new ElectionStoppedError('the election was stopped.')
}
