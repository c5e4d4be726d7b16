/** Persisted elections and copied processes: neither has what the one has that it was made of. */
import { expect, test } from 'vitest'
import { createActor, fromPromise, setup } from 'xstate'
import { getStateNodes } from 'xstate/graph'
import type { ElectionActor, ElectionMachine, ElectionSnapshot } from '../src/election-machine.ts'
import { createElectionMachine, type ElectionInput, electionMachine, isLeading } from '../src/index.ts'
import type { LeaseReading, LeaseWrite } from '../src/statechart/types.ts'
import { INTERVAL, LEASE, LEASE_DURATION, TestCluster } from './support/cluster.ts'
import { IDLE_SERVICES } from './support/idle-services.ts'
import { ManualClock } from './support/manual-clock.ts'
import { settled } from './support/traffic.ts'
import { IDENTITY, INCARNATION } from './transitions/happenings.ts'
import { Model } from './transitions/model.ts'

const cameUpon = { life: comeUpon(new Model('life')), renewable: comeUpon(new Model('renewable')) }

test.each(['life', 'renewable'] as const)(
  'whatever a candidate (%s) had come to: what is restored of it holds nothing, and begins anew',
  (term) => {
    const machine = electionMachine.provide({ actors: IDLE_SERVICES })
    const snapshots = cameUpon[term].filter(({ status }) => status === 'active')
    const visited = new Set(snapshots.flatMap(({ _nodes }) => _nodes.map(({ id }) => id)))
    const isElsewhere = (id: string) => term === 'life' && id.startsWith('election.deposed')
    expect(statesOf(machine).filter((id) => !visited.has(id) && !isElsewhere(id))).toEqual([])
    for (const snapshot of snapshots) {
      const clock = new ManualClock()
      const restored = createActor(machine, { snapshot: persisted(machine, snapshot), clock } as never)
      restored.start()
      const { value, context } = restored.getSnapshot()
      expect(value).toEqual({ observing: 'reading' })
      expect(context).toMatchObject({ tenure: undefined, failures: 0, claimPending: false, stopping: undefined })
      expect(context.settings).toMatchObject({ identity: IDENTITY, term })
      expect(context.settings.incarnation).not.toBe(INCARNATION)
      expect(clock.pendingTimers).toBeGreaterThan(0)
      restored.stop()
    }
  },
)

test('a restored candidate runs its timers: it claims once what it reads has not changed for a lease', async () => {
  const clock = new ManualClock()
  const claims: number[] = []
  const machine = electionMachine.provide({
    actors: {
      ...IDLE_SERVICES,
      readLease: fromPromise(
        async (): Promise<LeaseReading> => ({ record: heldByAnother, sentAt: clock.now(), receivedAt: clock.now() }),
      ),
      claimLease: fromPromise(async (): Promise<LeaseWrite> => {
        claims.push(clock.now().monotonic - startedAt)
        return new Promise(() => {})
      }),
    },
  })
  const leading = cameUpon.renewable.find((snapshot) => snapshot.matches('leading'))!
  const restored = createActor(machine, { snapshot: persisted(machine, leading), clock } as never)
  const startedAt = clock.now().monotonic
  restored.start()
  for (let elapsed = 0; elapsed < LEASE_DURATION + INTERVAL; elapsed += 100) {
    await new Promise(setImmediate)
    clock.advance(100)
  }
  expect(claims).toHaveLength(1)
  expect(claims[0]).toBeGreaterThan(LEASE_DURATION)
  restored.stop()
})

test('an election that had ended stays ended when it is restored', () => {
  const machine = electionMachine.provide({ actors: IDLE_SERVICES })
  const ended = cameUpon.renewable.find(({ status }) => status === 'done')!
  const restored = createActor(machine, { snapshot: persisted(machine, ended) } as never).start()
  expect(restored.getSnapshot().status).toBe('done')
})

test('what is restored of a leader in another process follows the leader, and leads only after it', async () => {
  await using cluster = await TestCluster.start()
  const clock = new ManualClock()
  const one = createActor(machineOf(cluster, 'a', clock), { clock, input: RENEWABLE }).start()
  await until(clock, () => leads(one, clock))
  const snapshot = JSON.parse(JSON.stringify(one.getPersistedSnapshot()))

  const two = createActor(machineOf(cluster, 'b', clock), { clock, snapshot } as never).start()
  await until(clock, () => two.getSnapshot().matches({ observing: 'following' }))
  expect(leads(one, clock)).toBe(true)
  one.send({ type: 'stop' })
  await until(clock, () => leads(two, clock))
  expect(one.getSnapshot().status).toBe('done')
  expect(cluster.spec?.holderIdentity).toBe(two.getSnapshot().context.settings.identity)
  two.stop()
})

test('so does the child of a parent that is restored', async () => {
  await using cluster = await TestCluster.start()
  const clock = new ManualClock()
  const parentOf = (pod: string) =>
    setup({ actors: { election: machineOf(cluster, pod, clock) } }).createMachine({
      invoke: { id: 'election', src: 'election', input: RENEWABLE },
    })
  const childOf = (parent: { getSnapshot(): { children: unknown } }) =>
    (parent.getSnapshot().children as { election: ElectionActor }).election

  const parent = createActor(parentOf('a'), { clock }).start()
  await until(clock, () => leads(childOf(parent), clock))
  const snapshot = JSON.parse(JSON.stringify(parent.getPersistedSnapshot()))
  const restored = createActor(parentOf('b'), { clock, snapshot }).start()
  await until(clock, () => childOf(restored).getSnapshot().matches({ observing: 'following' }))
  expect(childOf(restored).getSnapshot().context.leader).toBe(childOf(parent).getSnapshot().context.settings.identity)
  parent.stop()
  restored.stop()
})

const RENEWABLE: ElectionInput = { leaseName: LEASE, term: 'renewable', preset: 'client-go' }

const heldByAnother = {
  uid: 'u',
  resourceVersion: '5',
  holder: 'other',
  incarnation: 'theirs',
  leaseDuration: LEASE_DURATION,
  acquireTime: 't',
  renewTime: 't',
  transitions: 0,
  owners: [],
  strategy: undefined,
}

/** A snapshot of each state that some eight happenings in a row lead to: thousands, and every state of the chart. */
function comeUpon(model: Model): ElectionSnapshot[] {
  const levels = model.levels()
  for (let happenings = 0; happenings < 8; happenings += 1) levels.next()
  return [...model.snapshots]
}

/** But for those that are left at once, those in which an election ends, and those after many failures in a row. */
function statesOf(machine: ElectionMachine): string[] {
  return getStateNodes(machine.root)
    .filter(({ always }) => !always?.length)
    .map(({ id }) => id)
    .filter((id) => !/\.(released|lost|failed|retry[3-5])$/.test(id))
}

function persisted(machine: ElectionMachine, snapshot: ElectionSnapshot) {
  return JSON.parse(JSON.stringify(machine.getPersistedSnapshot(snapshot)))
}

function machineOf(cluster: TestCluster, pod: string, clock: ManualClock) {
  return createElectionMachine({ kubeConfig: cluster.server.kubeConfig(pod), clock })
}

function leads(election: ElectionActor, clock: ManualClock): boolean {
  return isLeading(election.getSnapshot(), clock.now())
}

async function until(clock: ManualClock, condition: () => boolean): Promise<void> {
  for (await settled(); !condition(); await settled()) clock.advance(10)
}
