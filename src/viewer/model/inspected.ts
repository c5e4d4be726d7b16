/** What an inspected process tells of its machines: plain JSON, so that it can go to another process, and to a page. */

/** What JSON can say. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain }

/** A state of a machine's definition, as far as it is drawn. */
export interface ChartNode {
  readonly key: string
  readonly id: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly description?: string
  readonly states: readonly ChartNode[]
}

/** Which states a machine is in: as XState's `snapshot.value`. */
export type StateValue = string | { readonly [key: string]: StateValue }

/** A transition that was taken, by ids of states. */
export interface Step {
  /** Milliseconds since 1970, as below. */
  readonly at: number
  /** The type of the event, in words. */
  readonly event: string
  readonly from: string
  readonly to: readonly string[]
}

/** An event that a machine will get, or got. */
export interface Timer {
  readonly event: string
  readonly dueAt: number
}

export interface Received {
  readonly at: number
  readonly event: Plain
}

/** What a snapshot says. */
export interface Present {
  readonly at: number
  readonly value: StateValue
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  readonly context: Plain
  /** Ids of the actors that it has started and that still run. */
  readonly children: readonly string[]
  readonly timers: readonly Timer[]
  /** With what it has ended: its output, or its error. */
  readonly outcome: Plain
}

/** A running machine, of which there may be several in a process, one after the other or at once. */
export interface Session {
  /** Of process and session: no other one has it. */
  readonly key: string
  readonly process: string
  /** The machine's id, or what its parent calls it. */
  readonly name: string
  /** The key of the machine that started it. */
  readonly parent: string | undefined
  readonly chart: ChartNode
  readonly present: Present
  /** The latest, in order. */
  readonly steps: readonly Step[]
  readonly received: readonly Received[]
}

export type Inspected =
  | { readonly type: 'session'; readonly key: string; readonly session: Session }
  | { readonly type: 'snapshot'; readonly key: string; readonly present: Present }
  | { readonly type: 'step'; readonly key: string; readonly step: Step }
  | { readonly type: 'received'; readonly key: string; readonly received: Received }
