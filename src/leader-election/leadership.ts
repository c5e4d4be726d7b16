/** One term of this process. */
export interface Leadership {
  /** Aborts when the term ends or is asked to end; its reason says why. */
  readonly signal: AbortSignal
  /** Increases from term to term: a resource that refuses lower ones than it has seen is safe from stale leaders. */
  readonly fencingToken: bigint
  /** Whether the term is still on, by all clocks at the moment of the call. Ask before each step that must not be done twice. */
  readonly isLeading: () => boolean
}

/** Makes what is handed to the work of a term. */
export type MakeLeadership = (fencingToken: bigint, signal: AbortSignal) => Leadership
