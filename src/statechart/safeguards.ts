/**
 * What XState leaves to its users, and an election can't leave to them.
 *
 * - A restored election holds nothing. The term, the writes and the incarnation of a persisted snapshot belong to the
 *   actor that it was taken of, which may still be alive, in another process or on another machine. So the restored one
 *   begins anew, in `observing`, with the input that was given and what its own surroundings say of its pod; its timers
 *   run, and it claims when any other candidate would. One that had ended stays ended.
 * - An election that ends by an error inside it (an inspector that throws, say) stops its services: nothing stays open.
 */
import type { AnyActorRef, AnyActorScope, AnyMachineSnapshot, AnyStateMachine, Snapshot } from 'xstate'
import type { ElectionInput } from '../options/types.ts'
import { compact } from './context.ts'

/** The same machine; what is made from it by `provide` keeps them. Changes the machine that is given. */
export function withSafeguards<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const { restoreSnapshot, transition } = machine
  const provide = machine.provide.bind(machine)
  machine.restoreSnapshot = (persisted, scope) =>
    persisted.status === 'active'
      ? machine.getInitialSnapshot(scope, inputOf(persisted))
      : restoreSnapshot(persisted, scope)
  machine.transition = (snapshot, event, scope) => {
    try {
      const next = transition(snapshot, event, scope)
      // Before 5.33 XState leaves them running, whatever the error is.
      if (next.status === 'error') stopServices(next, scope)
      if (next.context !== snapshot.context) next.context = compact(next.context)
      return next
    } catch (error) {
      stopServices(snapshot, scope)
      throw error
    }
  }
  machine.provide = (implementations) => withSafeguards(provide(implementations))
  return machine
}

/** Without the incarnation, should one have been given: it is the other one's. */
function inputOf(persisted: Snapshot<unknown>): ElectionInput | undefined {
  const { context } = persisted as { context?: { input?: ElectionInput } }
  if (context?.input === undefined) return undefined
  const { incarnation: _incarnation, ...input } = context.input
  return input
}

function stopServices({ children }: AnyMachineSnapshot, scope: AnyActorScope): void {
  const services = Object.values(children as Record<string, AnyActorRef | undefined>)
  for (const service of services) if (service) scope.stopChild(service)
}
