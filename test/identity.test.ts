/** Two that stand under one identity: who is taken for oneself, who is refused, and who is waited for. */
import { on } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { createActor } from 'xstate'
import { createElectionMachine, DuplicateIdentityError } from '../src/index.ts'
import { isOurs } from '../src/lease/identity.ts'
import { assess, observe, UNREAD } from '../src/lease/observation.ts'
import { INCARNATION_ANNOTATION, PROCESS_ANNOTATION, parseLease } from '../src/lease/record.ts'
import { takeoverOf } from '../src/lease/writes.ts'
import { resolveSettings } from '../src/options/options.ts'
import { createNeighbours } from '../src/process/neighbours.ts'
import { isRunning, type ProcessMark, parseProcessMark, readProcessMark } from '../src/process/process-mark.ts'
import { LONG, ProcessCluster } from './processes/process-cluster.ts'
import { INTERVAL, LEASE, LEASE_DURATION, TestCluster, worker } from './support/cluster.ts'
import type { ElectingThreadData, ThreadTold } from './support/electing-thread.ts'
import { settled } from './support/traffic.ts'

const STATEFUL_SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'set' }
const MARK: ProcessMark = { bootId: 'boot', pidNamespace: 'pid:[1]', pid: 7, startTime: '70', thread: 0 }

test('an owner that pods share does not tell that the last pod of this name has ended: its lease is waited for', async () => {
  await using cluster = await TestCluster.start()
  cluster.putLeaseOf('web-0', 'the pod before', STATEFUL_SET)
  const next = cluster.candidate('web-0', { owner: STATEFUL_SET })
  void next.election.lead(worker().run).catch(() => {})
  expect(await cluster.until(() => next.election.isLeading())).toBeGreaterThanOrEqual(LEASE_DURATION)
})

test('a Lease with an owner that pods share may be gone while its leader lives: candidates for life wait, too', async () => {
  await using cluster = await TestCluster.start()
  cluster.putLeaseOf('web-0', 'another process', STATEFUL_SET)
  const { election } = cluster.candidate('web-1', { owner: STATEFUL_SET })
  election.lost.catch(() => {})
  void election.becomeLeaderForLife()
  await cluster.until(() => election.leader === 'web-0')
  cluster.server.leases.delete(LEASE)
  expect(await cluster.until(() => election.isLeading())).toBeGreaterThanOrEqual(LEASE_DURATION)
})

test('a pod proves that the process before has ended, but only this very pod', () => {
  const surroundings = { leaseName: LEASE, podName: 'web-0', podUid: 'this', namespace: undefined }
  const owner = (kind: string, uid: string) => ({ apiVersion: 'v1', kind, name: 'web-0', uid })
  const isOursWith = (owned: ReturnType<typeof owner>, podUid: string | undefined) =>
    isOurs(
      recordOf({ incarnation: 'before', owners: [owned] }),
      resolveSettings({ owner: owned }, { ...surroundings, podUid }),
    )
  expect(isOursWith(owner('Pod', 'this'), 'this')).toBe(true)
  expect(isOursWith(owner('Pod', 'another'), 'this')).toBe(false)
  expect(isOursWith(owner('Pod', 'given'), undefined)).toBe(true)
  expect(isOursWith(owner('Deployment', 'shared'), undefined)).toBe(false)
  expect(isOursWith(owner('Deployment', 'shared'), 'this')).toBe(false)
})

test.runIf(process.platform === 'linux')(
  'a second process of a pod ends at once, and says which process leads',
  async () => {
    await using cluster = await ProcessCluster.start()
    cluster.server.faults.add({ verb: 'watch', status: 403 }) // without it the leader would not hear of a rival
    const leader = await cluster.candidate('web-0', LONG)
    await cluster.until(() => leader.told.leading, 'the first process leads')
    const second = cluster.spawn('web-0', 'works while it leads', LONG)
    const { code, errors } = await second.exited
    expect(code).toBe(1)
    expect(errors).toContain('DuplicateIdentityError')
    expect(errors).toContain(`the live process ${leader.name.split('/')[1]} holds the Lease my-app as "web-0"`)
    expect(second.told.leading).toBeUndefined()
    leader.tell({ type: 'ask' })
    expect((await cluster.until(() => leader.told.answer, 'the leader answers')).isLeading).toBe(true)
    expect(cluster.violations).toEqual([])
  },
)

test.runIf(process.platform === 'linux')(
  'of two processes of a pod that follow, one leads in the end, and the other one ends',
  async () => {
    await using cluster = await ProcessCluster.start()
    const leader = await cluster.candidate('web-1', LONG)
    await cluster.until(() => leader.told.leading, 'another pod leads')
    const two = [await cluster.candidate('web-0', LONG), await cluster.candidate('web-0', LONG)]
    leader.kill('SIGTERM')
    await cluster.until(() => two.some(({ isRunning }) => !isRunning), 'one ends')
    const [ended, left] = two[0]!.isRunning ? [two[1]!, two[0]!] : [two[0]!, two[1]!]
    expect((await ended.exited).errors).toContain(`the live process ${left.name.split('/')[1]} holds the Lease`)
    await cluster.until(() => left.told.leading, 'the other one leads')
    expect(cluster.violations).toEqual([])
  },
)

test('a second election of this process for the same Lease and identity is refused, and the first one leads on', async () => {
  await using cluster = await TestCluster.start()
  const first = await cluster.leader('a')
  const { annotations } = cluster.lease!.metadata
  const second = cluster.candidate('a')
  const refused = second.election.lead(worker().run).catch((error: unknown) => error)
  await cluster.until(() => second.events.some(({ type }) => type === 'failed'), INTERVAL)
  expect(await refused).toBeInstanceOf(DuplicateIdentityError)
  expect(String(await refused)).toContain('another election of this process stands for the Lease my-app as "a"')
  await cluster.elapse(3 * INTERVAL)
  expect(first.work.terms).toHaveLength(1)
  expect(first.election.isLeading()).toBe(true)
  expect(cluster.lease!.metadata.annotations).toEqual(annotations)
})

test('a second election of this process is refused while both wait, at its first look', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('b')
  const first = await cluster.follower('a')
  const second = cluster.candidate('a')
  const refused = second.election.becomeLeaderForLife().catch((error: unknown) => error)
  await settled()
  expect(await refused).toBeInstanceOf(DuplicateIdentityError)
  expect(first.events.map(({ type }) => type)).not.toContain('failed')
})

test('elections of this process under one identity for Leases of other clusters, or after one another, are none of that', async () => {
  await using cluster = await TestCluster.start()
  await using other = await TestCluster.start()
  const first = await cluster.leader('a')
  await other.leader('a')
  await Promise.all([first.election.stop(), settled()])
  const next = await cluster.leader('a')
  expect([next.election.isLeading(), other.leaders]).toEqual([true, ['a']])
})

test.runIf(process.platform === 'linux')(
  'what an election of this process left behind that has ended is claimed at once, also without a pod',
  async () => {
    await using cluster = await TestCluster.start()
    const alone = { owner: undefined, identity: 'same', namespace: 'default' }
    const input = { leaseName: LEASE, term: 'renewable', identity: 'same', namespace: 'default' } as const
    const machine = createElectionMachine({ kubeConfig: cluster.server.kubeConfig('a') })
    const actor = createActor(machine, { input }).start()
    await expect.poll(() => actor.getSnapshot().matches('leading')).toBe(true)
    actor.stop() // it gives nothing back
    expect(cluster.spec?.holderIdentity).toBe('same')
    expect(parseProcessMark(cluster.lease!.metadata.annotations?.[PROCESS_ANNOTATION])).toEqual(readProcessMark())
    const next = cluster.candidate('a', alone)
    void next.election.lead(worker().run).catch(() => {})
    expect(await cluster.until(() => next.election.isLeading())).toBeLessThanOrEqual(50)
  },
)

test.runIf(process.platform === 'linux')(
  'another thread of this process does not take the Lease of this one, and ends when it hears it renew',
  async () => {
    await using cluster = await TestCluster.start()
    const { kubeConfig: _, ...pod } = cluster.server.pod('a')
    const first = await cluster.leader('a')
    const workerData: ElectingThreadData = {
      ...pod,
      leaseName: LEASE,
      kubeConfigYaml: cluster.server.kubeConfigYaml('a'),
    }
    const thread = new Worker(new URL('support/electing-thread.ts', import.meta.url), { workerData, execArgv: [] })
    onTestFinished(() => void thread.terminate())
    const told = on(thread, 'message')
    const next = async () => (await told.next()).value![0] as ThreadTold
    expect(await next()).toEqual({ holder: 'a' })
    await expect.poll(() => cluster.server.openWatches).toBe(2)
    await cluster.elapse(INTERVAL)
    expect(await next()).toEqual({ ended: 'DuplicateIdentityError' })
    expect(first.election.isLeading()).toBe(true)
    expect(first.work.terms).toHaveLength(1)
  },
)

test('a release takes the mark of the process along with its incarnation', async () => {
  await using cluster = await TestCluster.start()
  const { election } = await cluster.leader('a')
  expect(cluster.lease!.metadata.annotations).toHaveProperty([INCARNATION_ANNOTATION])
  await Promise.all([election.stop(), settled()])
  expect(cluster.lease!.metadata.annotations ?? {}).toEqual({})
})

test('the mark of the last holder goes with a takeover, also where this process has none', async () => {
  await using cluster = await TestCluster.start()
  cluster.putLeaseOf('b', 'gone', undefined, { [PROCESS_ANNOTATION]: JSON.stringify(MARK) })
  const { [PROCESS_ANNOTATION]: none } = takeoverOf(
    parseLease(cluster.lease)!,
    resolveSettings({ leaseName: LEASE, owner: POD }),
    { monotonic: 0, wall: 0 },
  ).metadata.annotations!
  expect(none).toBeNull()
  await cluster.leader('a')
  expect(cluster.lease!.metadata.annotations?.[PROCESS_ANNOTATION]).not.toBe(JSON.stringify(MARK))
})

test('what is seen of a process of this pod says whose the Lease is', () => {
  const settings = resolveSettings({ leaseName: LEASE, identity: 'web-0', owner: POD })
  const judgeFrom = (mark: ProcessMark | undefined, writer: string | undefined, runs: boolean | undefined) => {
    const neighbours = createNeighbours({ mark, isRunning: () => runs, residents: new Map() })
    const record = neighbours.recognize(recordOf({ incarnation: 'before', process: writer }), settings)
    return assess(observe(UNREAD, record, { monotonic: 0, wall: 0 }, settings), 0, settings)
  }
  const judge = (writer: Partial<ProcessMark>, runs?: boolean) =>
    judgeFrom(MARK, JSON.stringify({ ...MARK, ...writer }), runs)
  expect(judge({ pid: 8 }, true)).toBe('duplicate')
  expect(judge({ pid: 8 }, false)).toBe('ours')
  expect(judge({ pid: 8 }, undefined)).toBe('held') // it could not be looked up
  expect(judge({ startTime: '71' }, true)).toBe('duplicate')
  // What another kernel or container counts can't be looked up, and this pod has one container, as far as is known.
  expect(judge({ bootId: 'another', pid: 8 }, true)).toBe('ours')
  expect(judge({ pidNamespace: 'pid:[2]', pid: 8 }, true)).toBe('ours')
  // This process: another thread of it, whose elections can't be seen, or an election that has ended.
  expect(judge({ thread: 1 })).toBe('held')
  expect(judge({})).toBe('ours')
  // Nothing to go by, on this side or that one.
  expect(judgeFrom(undefined, JSON.stringify({ ...MARK, pid: 8 }), true)).toBe('ours')
  for (const none of [undefined, '', '{', '7', 'null', '{"pid":8}']) expect(judgeFrom(MARK, none, true)).toBe('ours')
})

test('a process that was seen to live, and has ended since, leaves its lease to be waited for', () => {
  const settings = resolveSettings({ leaseName: LEASE, identity: 'web-0', owner: POD })
  let runs = true
  const neighbours = createNeighbours({ mark: MARK, isRunning: () => runs, residents: new Map() })
  const read = () => neighbours.recognize(recordOf({ process: JSON.stringify({ ...MARK, pid: 8 }) }), settings)
  const at = { monotonic: 0, wall: 0 }
  const first = observe(UNREAD, read(), at, settings)
  expect(assess(first, 0, settings)).toBe('duplicate')
  runs = false
  const second = observe(first, read(), { monotonic: 1, wall: 1 }, settings)
  expect(assess(second, 1, settings)).toBe('held')
  expect(assess(second, LEASE_DURATION, settings)).toBe('ours')
})

test('an election that goes on under the incarnation of one that ends is still there', () => {
  const settings = resolveSettings({ leaseName: LEASE, identity: 'web-0', incarnation: 'first', owner: POD })
  const neighbours = createNeighbours({ mark: MARK, isRunning: () => undefined, residents: new Map() })
  const leave = neighbours.enter(settings)
  neighbours.enter(settings)
  leave()
  const other = resolveSettings({ leaseName: LEASE, identity: 'web-0', incarnation: 'second', owner: POD })
  expect(neighbours.recognize(recordOf({ incarnation: 'first' }), other).namesake).toEqual({ kind: 'election' })
})

test('another thread of this process that leads is waited for, and seen to renew it is a duplicate', () => {
  const settings = resolveSettings({ leaseName: LEASE, identity: 'web-0', owner: POD })
  const neighbours = createNeighbours({ mark: MARK, isRunning: () => true, residents: new Map() })
  const renewed = (renewTime: string) =>
    neighbours.recognize(
      recordOf({ incarnation: 'thread', process: JSON.stringify({ ...MARK, thread: 1 }), renewTime }),
      settings,
    )
  const at = { monotonic: 0, wall: 0 }
  const first = observe(UNREAD, renewed('2026-01-01T00:00:00.000000Z'), at, settings)
  expect(assess(first, LEASE_DURATION - 1, settings)).toBe('held')
  expect(assess(first, LEASE_DURATION, settings)).toBe('free')
  const second = observe(first, renewed('2026-01-01T00:00:02.000000Z'), at, settings)
  expect(assess(second, 0, settings)).toBe('duplicate')
})

test.runIf(process.platform === 'linux')('a process is known by its mark, and looked up in /proc', () => {
  const own = readProcessMark()!
  expect(own).toMatchObject({ pid: process.pid, pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/), thread: 0 })
  expect(own.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  expect(parseProcessMark(JSON.stringify(own))).toEqual(own)
  expect(isRunning(own)).toBe(true)
  expect(isRunning({ ...own, startTime: '1' })).toBe(false) // its ID was given to another one
  expect(isRunning({ ...own, pid: 2 ** 30 })).toBe(false)
})

test('processes have no mark where /proc is missing, or is one of another PID namespace', () => {
  const { root, add } = fakeProc()
  expect(readProcessMark(root)).toBeUndefined()
  add('self', `${process.pid} (node) R 1`, { startTime: '5' })
  mkdirSync(join(root, 'sys/kernel/random'), { recursive: true })
  writeFileSync(join(root, 'sys/kernel/random/boot_id'), 'b\n')
  mkdirSync(join(root, 'self/ns'))
  symlinkSync('pid:[3]', join(root, 'self/ns/pid'))
  expect(readProcessMark(root)).toMatchObject({ bootId: 'b', pidNamespace: 'pid:[3]', startTime: '5' })
  add('self', '1 (node) R 1', { startTime: '5' })
  expect(readProcessMark(root)).toBeUndefined()
})

test('a process that has ended counts as such, though its parent has not noticed', () => {
  const { root, add } = fakeProc()
  add('7', '7 (a (strange) name) S 1', { startTime: '70' })
  expect(isRunning(MARK, root)).toBe(true)
  add('7', '7 (node) Z 1', { startTime: '70' })
  expect(isRunning(MARK, root)).toBe(false)
  rmSync(join(root, '7/stat'))
  mkdirSync(join(root, '7/stat')) // can't be read
  expect(isRunning(MARK, root)).toBeUndefined()
})

const POD = { apiVersion: 'v1', kind: 'Pod', name: 'web-0', uid: 'this' }

/** A Lease of this pod. */
function recordOf({ incarnation = 'before', process: mark = undefined as string | undefined, ...rest }) {
  const { owners = [POD], renewTime = '2026-01-01T00:00:00.000000Z' } = rest as {
    owners?: (typeof POD)[]
    renewTime?: string
  }
  return parseLease({
    metadata: {
      uid: 'u',
      resourceVersion: '1',
      annotations: { [INCARNATION_ANNOTATION]: incarnation, ...(mark && { [PROCESS_ANNOTATION]: mark }) },
      ownerReferences: owners,
    },
    spec: { holderIdentity: 'web-0', leaseDurationSeconds: LEASE_DURATION / 1000, renewTime },
  })!
}

/** A directory that looks like /proc. */
function fakeProc() {
  const root = mkdtempSync(join(tmpdir(), 'leader-election-proc-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const add = (pid: string, beginning: string, { startTime }: { startTime: string }) => {
    mkdirSync(join(root, pid), { recursive: true })
    writeFileSync(join(root, pid, 'stat'), `${beginning} ${'0 '.repeat(17)}${startTime} 0 0\n`)
  }
  return { root, add }
}
