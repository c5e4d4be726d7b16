/**
 * The `backoff` states: one substate for each element of the retry array, each waiting for its own delay, with jitter.
 *
 * Keeps rule 7 of docs/protocol.md: a failed request is retried after its wait, and a failed write is followed by a read,
 * since it may have been committed.
 */
import type { Operation } from './types.ts'

/** `backoff: { initial: retry1, states: { retry1 … retryN } }`; each substate goes to `target` after its delay. */
export function backoffStates(retryBackoffs: readonly number[], target: string) {
  return {
    initial: 'retry1',
    states: Object.fromEntries(
      retryBackoffs.map((_, index) => [retryName(index), { after: { [retryName(index)]: target } }]),
    ),
  } as const
}

/**
 * The transitions of a failed request into `backoff`: the first failure waits in `retry1`, the second in `retry2`;
 * beyond the array its last element repeats.
 */
export function backoffTransitions<const Action>(retryBackoffs: readonly number[], backoff: string, actions: Action) {
  const last = retryBackoffs.length - 1
  return retryBackoffs.map((_, index) => ({
    ...(index < last && { guard: { type: 'isFailureNumber' as const, params: { number: index + 1 } } }),
    target: `${backoff}.${retryName(index)}`,
    actions,
  }))
}

/** The index into the retry array for the given number of failures in a row. */
export function backoffIndex(retryBackoffs: readonly number[], failures: number): number {
  return Math.min(failures, retryBackoffs.length) - 1
}

export function retryName(index: number): string {
  return `retry${index + 1}`
}

/** That a request of this kind failed is counted, and told. */
export function noteFailure(operation: Operation) {
  return { type: 'noteFailure', params: { operation } } as const
}
