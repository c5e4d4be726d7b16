/** Walks the statechart as a model, without starting it: which of its declared transitions can be taken at all? */
import {
  type AnyStateMachine,
  type AnyTransitionDefinition,
  type EventObject,
  fromCallback,
  type InspectionEvent,
} from 'xstate'
import { getAdjacencyMap, getStateNodes } from 'xstate/graph'
import { buildStatechart } from '../../src/election.machine.ts'
import type { ElectionContext } from '../../src/election.types.ts'
import { ConflictError, ForbiddenError, TransientApiError } from '../../src/errors.ts'
import type { LeaseRecord } from '../../src/lease.ts'
import type { ElectionInput } from '../../src/options.ts'

/** Its services are never started: the walk plays their answers. */
const idle = () => fromCallback(() => {}) as never
const machine = buildStatechart({ retryBackoffs: [100, 500, 1000] }).provide({
  actors: {
    readLease: idle(),
    claimLease: idle(),
    renewLease: idle(),
    releaseLease: idle(),
    watchLease: idle(),
    watchClock: idle(),
    escalate: idle(),
  },
})

/** Transitions that no sequence of the cases below can take, over both kinds of term. */
export function unreachableTransitions(): string[] {
  const taken = new Set([...reached('life'), ...reached('renewable')])
  return declaredTransitions().filter((transition) => !taken.has(transition))
}

/** Every `on`, `after`, `onDone`, `onError` and `always` branch, with its source and its targets. */
function declaredTransitions(): string[] {
  const nodes = [machine.root, ...getStateNodes(machine.root)]
  return nodes.flatMap((node) => [...node.transitions.values(), node.always ?? []].flat()).map(nameOf)
}

function nameOf(transition: AnyTransitionDefinition): string {
  const { source, eventType, target } = transition
  const branches = eventType ? source.transitions.get(eventType)! : source.always!
  const targets = target?.map(({ id }) => id).join(', ') ?? '(stays)'
  return `${source.id} · ${eventType || 'always'} #${branches.indexOf(transition)} → ${targets}`
}

const at = { monotonic: 0, wall: 0 }
const later = { monotonic: 100_000, wall: 100_000 }

const own: LeaseRecord = {
  uid: 'u',
  resourceVersion: '5',
  holder: 'me',
  leaseDuration: 15_000,
  acquireTime: 't',
  renewTime: 't',
  transitions: 0,
  incarnation: 'mine',
  owners: [],
  strategy: undefined,
}
const records: Record<string, LeaseRecord | undefined> = {
  absent: undefined,
  own,
  ownEdited: { ...own, resourceVersion: '6', leaseDuration: 1_000 },
  held: { ...own, resourceVersion: '7', holder: 'other', incarnation: 'theirs' },
  held2: { ...own, resourceVersion: '8', holder: 'other', incarnation: 'theirs', renewTime: 't2' },
  free: { ...own, resourceVersion: '9', holder: undefined, incarnation: undefined },
  foreign: { ...own, resourceVersion: '10', strategy: 'Oldest' },
  twin: { ...own, resourceVersion: '11', incarnation: 'twin' },
  twinRenewed: { ...own, resourceVersion: '12', incarnation: 'twin', renewTime: 't2' },
  incomparable: { ...own, resourceVersion: 'x', holder: 'other' },
  old: { ...own, resourceVersion: '1', holder: 'other' },
}
const request = { verb: 'get', name: 'x', namespace: 'n' } as const
const errors = [
  new TransientApiError('transient', request),
  new ConflictError('conflict', request),
  new ForbiddenError('forbidden', request),
]
const readings = Object.values(records)

const cases: readonly (EventObject & Record<string, unknown>)[] = [
  ...['read', 'verify', 'look'].flatMap((id) => readings.map((record) => done(id, { record, receivedAt: at }))),
  ...['claim', 'renew'].map((id) => done(id, { record: own, sentAt: at, receivedAt: at })),
  done('claim', { record: own, sentAt: at, receivedAt: later }),
  done('release', undefined),
  ...['read', 'verify', 'look', 'claim', 'renew', 'release', 'watch', 'clock'].flatMap((id) =>
    errors.map((error) => ({ type: `xstate.error.actor.${id}`, error })),
  ),
  ...readings.filter((record) => record !== undefined).map((record) => ({ type: 'leaseChanged', record, at })),
  { type: 'leaseChanged', record: records.held2, at: later },
  { type: 'leaseDeleted', uid: 'u', at },
  { type: 'leaseDeleted', uid: 'another', at },
  { type: 'watchOpened', at },
  { type: 'stepDown', cooldown: 1_000 },
]

function done(id: string, output: unknown) {
  return { type: `xstate.done.actor.${id}`, output }
}

function reached(term: 'life' | 'renewable'): Set<string> {
  const taken = new Set<string>()
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'me', uid: 'p' }
  const input: ElectionInput = { leaseName: 'x', identity: 'me', incarnation: 'mine', term, preset: 'client-go', owner }
  const collect = (event: InspectionEvent) => {
    if (event.type !== '@xstate.microstep') return
    for (const transition of event._transitions) if (transition.source) taken.add(nameOf(transition))
  }
  // The walk calls the machine's pure functions; what they take can only be seen by inspecting them.
  const inspected = <Result>(
    scope: { system: { inspect(observer: typeof collect): { unsubscribe(): void } } },
    step: () => Result,
  ) => {
    const subscription = scope.system.inspect(collect)
    try {
      return step()
    } finally {
      subscription.unsubscribe()
    }
  }
  const walked = Object.create(machine, {
    getInitialSnapshot: {
      value: (scope: never, given: never) => inspected(scope, () => machine.getInitialSnapshot(scope, given)),
    },
    transition: {
      value: (snapshot: never, event: never, scope: never) =>
        inspected(scope, () => machine.transition(snapshot, event, scope)),
    },
  }) as typeof machine
  getAdjacencyMap(walked as AnyStateMachine, {
    input,
    limit: 200_000,
    events: (snapshot) => {
      const nodes = (snapshot as unknown as { _nodes: { ownEvents: string[] }[] })._nodes
      const types = [...new Set(nodes.flatMap((node) => node.ownEvents))]
      return types.flatMap((type) => {
        const matching = cases.filter((event) => event.type === type)
        return matching.length > 0 ? matching : [{ type }]
      })
    },
    serializeEvent: (event) => `${event.type} ${cases.indexOf(event as (typeof cases)[number])}`,
    serializeState: (snapshot) => `${snapshot.status} ${JSON.stringify(snapshot.value)} ${essence(snapshot.context)}`,
    stopWhen: (snapshot) => snapshot.status !== 'active',
  })
  return taken
}

/** Roughly what decides about transitions, so that the walk ends: counters and times would go on for ever. */
function essence({ observation, failures, stopping, atWork, claimPending, news }: ElectionContext): string {
  const seen =
    observation.kind === 'present' ? [observation.record.holder, observation.record.incarnation] : observation.kind
  return JSON.stringify([seen, Math.min(failures, 3), stopping?.kind, atWork, claimPending, news?.type])
}
