/** The statechart as an application uses it, and the statechart by itself. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  assign,
  createActor,
  fromCallback,
  fromPromise,
  type InspectionEvent,
  interpret,
  setup,
  toPromise,
  waitFor,
} from 'xstate'
import { getStateNodes } from 'xstate/graph'
import { createElectionMachine, electionMachine, isLeading } from '../src/index.ts'
import type { Attempt } from '../src/lease/attempt.ts'
import type { Settings } from '../src/options/types.ts'
import { buildStatechart } from '../src/statechart/machine.ts'
import type { LeaseReading } from '../src/statechart/types.ts'
import { LEASE, TestCluster } from './support/cluster.ts'
import { withEnvironment } from './support/environment.ts'

test('interpret(electionMachine).start() needs nothing but the environment of the pod', async () => {
  await using cluster = await TestCluster.start()
  await using _ = await withEnvironment(cluster.server, 'a', LEASE)
  const actor = interpret(electionMachine).start()
  await waitFor(actor, isLeading)
  expect(cluster.spec?.holderIdentity).toBe('a')
  actor.send({ type: 'stop' })
  expect(await toPromise(actor)).toEqual({ outcome: 'released' })
  expect(cluster.lease).toBeUndefined()
})

test('without that environment it ends with an error that says what is missing', async () => {
  const actor = createActor(electionMachine)
  const error = toPromise(actor).catch((reason: Error) => reason)
  actor.start()
  expect(await error).toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining('no lease name') })
})

test('without a cluster it ends with an error that says where one could come from', async () => {
  await using _ = await withEnvironment(undefined, 'a', LEASE)
  const actor = createActor(electionMachine)
  const error = toPromise(actor).catch((reason: Error) => reason)
  actor.start()
  expect(await error).toMatchObject({
    message: expect.stringContaining('no Kubernetes cluster found: KUBECONFIG is not set'),
  })
})

test("it works as an invoked child of the application's own machine", async () => {
  await using cluster = await TestCluster.start()
  const { kubeConfig, identity, namespace, owner } = cluster.server.pod('a')
  const application = setup({
    types: { context: {} as { failure: unknown } },
    actors: { election: createElectionMachine({ kubeConfig }) },
    guards: {
      isLeading: ({ event }) =>
        (event as { snapshot?: never }).snapshot !== undefined &&
        isLeading((event as never as { snapshot: never }).snapshot),
    },
    actions: { keepFailure: assign({ failure: ({ event }) => (event as { error?: unknown }).error }) },
  }).createMachine({
    context: { failure: undefined },
    initial: 'standby',
    invoke: {
      id: 'election',
      src: 'election',
      input: { leaseName: LEASE, identity, namespace, owner },
      onSnapshot: { guard: 'isLeading', target: '.active' },
      onError: { target: '.crashed', actions: 'keepFailure' },
    },
    states: { standby: {}, active: {}, crashed: {} },
  })
  const actor = createActor(application).start()
  await waitFor(actor, (snapshot) => snapshot.matches('active'))
  cluster.server.leases.delete(LEASE)
  const { context } = await waitFor(actor, (snapshot) => snapshot.matches('crashed'))
  expect(context.failure).toMatchObject({ name: 'LeadershipLostError', reason: { kind: 'leaseDeleted' } })
})

test('an inspector never sees credentials', async () => {
  await using cluster = await TestCluster.start()
  const seen: string[] = []
  const inspect = (event: unknown) =>
    void seen.push(JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? String(value) : plain(value))))
  const a = await cluster.leader('a', { inspect })
  const token = (cluster.server.kubeConfig('a').getCurrentUser() as { token: string }).token
  expect(seen.length).toBeGreaterThan(10)
  expect(seen.join()).not.toContain(token)
  expect(a.election.isLeading()).toBe(true)
})

test('the backoff substates are made from the retry array', () => {
  const machine = buildStatechart({ retryBackoffs: [10, 20, 30] })
  const ids = getStateNodes(machine.root).map(({ id }) => id)
  for (const state of ['observing', 'acquiring', 'leading.renewal', 'releasing']) {
    const substates = ids.filter((id) => id.startsWith(`election.${state}.backoff.`))
    expect(substates.map((id) => id.split('.').at(-1))).toEqual(['retry1', 'retry2', 'retry3'])
  }
})

test('the statechart and the rules read no clock', async () => {
  const folders = ['statechart', 'lease'].map((folder) => new URL(`../src/${folder}/`, import.meta.url))
  const files = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })))
  const sources = files.flat().filter((file) => file.isFile())
  expect(sources.length).toBeGreaterThan(20)
  for (const { parentPath, name } of sources) {
    const source = await readFile(`${parentPath}/${name}`, 'utf8')
    const code = source.replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
    expect(code, name).not.toMatch(/Date\.now|performance\.now|new Date\(\)/)
  }
})

test('a service that is missing is not a silent wait', async () => {
  const machine = electionMachine.provide({
    actors: {
      watchLease: fromCallback(() => {}),
      readLease: fromPromise<LeaseReading, { settings: Settings; attempt: Attempt }>(async () => {
        throw new TypeError('a bug')
      }),
    },
  })
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u' }
  const clock = { setTimeout: (callback: () => void) => setImmediate(callback), clearTimeout: clearImmediate }
  const actor = createActor(machine, {
    input: { leaseName: LEASE, identity: 'a', owner, endAfterRetries: true },
    clock: clock as never,
  })
  const error = toPromise(actor).catch((reason: Error) => reason)
  actor.start()
  expect(await error).toMatchObject({ name: 'RetriesExhaustedError', message: expect.stringContaining('a bug') })
})

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return 'getSnapshot' in value || 'transition' in value ? '[actor]' : value
}

test('whatever an inspector is shown can be written as JSON, and holds no secret', async () => {
  await using cluster = await TestCluster.start()
  const lines: string[] = []
  const types = new Set<string>()
  const inspect = (event: InspectionEvent) => {
    types.add(event.type)
    lines.push(JSON.stringify(event))
  }
  const a = await cluster.leader('a', { inspect })
  cluster.server.faults.add({ from: 'a', verb: 'patch', status: 503, times: 1 })
  await cluster.elapse(10_000)
  cluster.server.leases.delete(LEASE)
  await cluster.until(() => a.work.terms.length === 2)
  await Promise.all([a.election.stop(), cluster.elapse(1_000)])
  expect([...types].sort()).toEqual([
    '@xstate.action',
    '@xstate.actor',
    '@xstate.event',
    '@xstate.microstep',
    '@xstate.snapshot',
  ])
  const token = String(a.work.terms[0]!.fencingToken)
  expect(lines.some((line) => line.includes(`"type":"renewed","fencingToken":"${token}"`))).toBe(true)
  const secrets = [
    cluster.server.kubeConfig('a').getCurrentUser()!.token!,
    'BEGIN CERTIFICATE',
    'certificate-authority',
  ]
  for (const secret of secrets) expect(lines.filter((line) => line.includes(secret))).toEqual([])
})
