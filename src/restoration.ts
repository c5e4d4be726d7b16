/**
 * What becomes of an election that is restored from a persisted snapshot: it holds nothing. The term, the writes and the
 * incarnation of the snapshot belong to the actor that it was taken of, which may still be alive, in another process or
 * on another machine. So the restored one begins anew, in `observing`, with the input that was given and what its own
 * surroundings say of its pod; its timers run, and it claims when any other candidate would.
 *
 * An election that had ended stays ended.
 */
import type { AnyStateMachine, Snapshot } from 'xstate'
import type { ElectionInput } from './options.ts'

/** The same machine; what is made from it by `provide` keeps the rule. Changes the machine that is given. */
export function beginsAnewWhenRestored<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const { restoreSnapshot } = machine
  const provide = machine.provide.bind(machine)
  machine.restoreSnapshot = (persisted, scope) =>
    persisted.status === 'active'
      ? machine.getInitialSnapshot(scope, inputOf(persisted))
      : restoreSnapshot(persisted, scope)
  machine.provide = (implementations) => beginsAnewWhenRestored(provide(implementations))
  return machine
}

/** Without the incarnation, should one have been given: it is the other one's. */
function inputOf(persisted: Snapshot<unknown>): ElectionInput | undefined {
  const { context } = persisted as { context?: { input?: ElectionInput } }
  if (context?.input === undefined) return undefined
  const { incarnation: _incarnation, ...input } = context.input
  return input
}
