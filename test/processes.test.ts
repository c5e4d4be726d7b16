/**
 * With real processes: what can't be shown with a clock that the test moves.
 *
 * A slow machine may make a leader lose a lease of one second. So tests that need the leadership to go on give it a long
 * one, and what is asserted about the short one is only what holds however slow the machine is.
 */
import { expect, test } from 'vitest'
import type { CandidateProcess } from './processes/candidate-process.ts'
import { LEASE, LONG, ProcessCluster, SHORT } from './processes/process-cluster.ts'

/** Milliseconds after which a process that stood still has surely lost its term, and another has taken over. */
const LONGER_THAN_A_LEASE = SHORT.leaseDuration + 500

test('a leader that is killed is followed by another once its lease has expired, and not before', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a')
  const b = await cluster.candidate('b')
  a.kill('SIGKILL')
  await cluster.until(() => cluster.leader === b, 'b leads')
  const { takenFrom } = cluster.lease.acquisitions.get(tokenOf(b))!
  expect(takenFrom?.holder).toBe('a')
  expect(takenFrom?.silentFor).toBeGreaterThanOrEqual(SHORT.leaseDuration)
  expect(cluster.violations).toEqual([])
})

test('a leader that is asked to stop hands over without waiting for its lease to expire', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a', LONG)
  await cluster.candidate('b', LONG)
  a.kill('SIGTERM')
  await cluster.until(() => cluster.leader?.pod === 'b', 'b leads')
  expect(await a.exited).toEqual({ code: 0, errors: '' })
  expect(cluster.violations).toEqual([])
})

test('a container that restarts in the pod of a killed leader leads again without waiting for the lease to expire', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a', LONG)
  const b = await cluster.candidate('b', LONG)
  a.kill('SIGKILL')
  const restarted = cluster.spawn('a', 'works while it leads', LONG)
  await cluster.until(() => cluster.leader === restarted, 'the restarted container leads')
  expect(tokenOf(restarted)).toBeGreaterThan(tokenOf(a))
  expect(b.told.leading).toBeUndefined()
  expect(cluster.violations).toEqual([])
})

test('a process that was stopped past its term says at its first call that it does not lead', async () => {
  await using cluster = await ProcessCluster.start()
  const a = cluster.spawn('a', 'asks without a pause')
  await cluster.until(() => a.told.leading, 'a leads')
  a.kill('SIGSTOP')
  await sleep(LONGER_THAN_A_LEASE)
  a.kill('SIGCONT')
  expect((await cluster.until(() => a.told.woke, 'a woke')).isLeading).toBe(false)
})

test('a leader that was stopped past its term wakes as a follower of the next one, and can lead again', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a')
  const first = tokenOf(a)
  const b = await cluster.candidate('b')
  a.kill('SIGSTOP')
  await cluster.until(() => cluster.leader === b, 'b leads')
  a.kill('SIGCONT')
  await cluster.until(() => hasLost(a, first), 'a knows that it has lost')
  b.kill('SIGTERM')
  await cluster.until(() => cluster.leader === a, 'a leads again')
  expect(tokenOf(a)).toBeGreaterThan(tokenOf(b))
  expect(cluster.violations).toEqual([])
})

test('a write that was decided on before a pause, and sent after it, is refused by its fencing token', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a')
  const b = await cluster.candidate('b')
  a.stopBeforeWriting(10_000)
  await cluster.until(() => a.told.decided, 'a has decided to write')
  await cluster.until(() => cluster.leader === b && b.told.write, 'b leads and has written')
  expect(cluster.resource.refused).toBe(0)
  a.kill('SIGCONT')
  await cluster.until(() => cluster.resource.refused, 'the late write of a has arrived')
  expect(cluster.resource.refused).toBe(1)
  expect(cluster.violations).toEqual([])
})

test('a leader whose event loop was blocked past its term says at the first call after it that it does not lead', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a')
  const b = await cluster.candidate('b')
  a.tell({ type: 'block', milliseconds: LONGER_THAN_A_LEASE })
  expect((await cluster.until(() => a.told.woke, 'a woke')).isLeading).toBe(false)
  await cluster.until(() => cluster.leader === b, 'b leads')
  expect(cluster.violations).toEqual([])
})

test('the server restarts: the leader goes on under the same token, and its followers see the next hand-over', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a', LONG)
  const token = tokenOf(a)
  const b = await cluster.candidate('b', LONG)
  await cluster.server.restart()
  const restartedAt = process.hrtime.bigint()
  await cluster.until(() => cluster.lease.renewedAt! > restartedAt, 'the Lease is renewed again')
  await cluster.until(() => cluster.server.openWatches === 2, 'both watch again')
  expect(tokenOf(a)).toBe(token)
  a.kill('SIGTERM')
  await cluster.until(() => cluster.leader === b, 'b leads')
  expect(cluster.violations).toEqual([])
})

test('while no server can be reached nobody leads; when it is back one of them does', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a')
  const first = tokenOf(a)
  await cluster.candidate('b')
  const outage = cluster.server.faults.add({ reset: true })
  await cluster.until(() => hasLost(a, first), 'a has lost')
  a.tell({ type: 'ask' })
  expect((await cluster.until(() => a.told.answer, 'a answers')).isLeading).toBe(false)
  outage.remove()
  await cluster.until(() => cluster.leader && tokenOf(cluster.leader) > first, 'somebody leads')
  expect(cluster.violations).toEqual([])
})

test.each([
  ['requests', 'requests'],
  ['answers', 'answers'],
  ['requests and answers', 'both'],
] as const)(
  'a leader whose %s get lost stops leading before another begins, and follows when the network is mended',
  async (_name, lost) => {
    await using cluster = await ProcessCluster.start()
    const a = await leader(cluster, 'a')
    const first = tokenOf(a)
    const b = await cluster.candidate('b')
    const partition = cluster.server.faults.partition('a', { lost })
    await cluster.until(() => cluster.leader === b, 'b leads')
    await cluster.until(() => hasLost(a, first), 'a has lost')
    partition.heal()
    await cluster.until(() => a.told.newLeader?.holder === 'b', 'a follows b')
    expect(cluster.violations).toEqual([])
  },
)

test('a token that is rotated in its file is picked up, and the leader goes on under the same fencing token', async () => {
  await using cluster = await ProcessCluster.start()
  const a = await leader(cluster, 'a', LONG)
  const token = tokenOf(a)
  cluster.rotateToken('a')
  const rotatedAt = process.hrtime.bigint()
  await cluster.until(() => cluster.lease.renewedAt! > rotatedAt, 'the Lease is renewed with the new token')
  expect(tokenOf(a)).toBe(token)
  expect(a.told.lost).toBeUndefined()
})

test('after stop the process ends by itself: no handle, timer, listener or socket keeps it', async () => {
  await using cluster = await ProcessCluster.start()
  const a = cluster.spawn('a', 'stops and ends by itself')
  await cluster.until(() => a.told.leading, 'a leads')
  a.kill('SIGTERM')
  expect(await a.exited).toEqual({ code: 0, errors: '' })
  expect(cluster.server.leases.get(LEASE)).toBeUndefined()
})

test('after its work the process ends by itself', async () => {
  await using cluster = await ProcessCluster.start()
  const a = cluster.spawn('a', 'works once')
  expect(await a.exited).toEqual({ code: 0, errors: '' })
  expect(a.told.worked).toBeDefined()
})

test('a leadership for life that is lost, and not handled, ends the process with an error that says why', async () => {
  await using cluster = await ProcessCluster.start()
  const a = cluster.spawn('a', 'handles nothing', LONG)
  await cluster.until(() => a.told.leading, 'a leads')
  cluster.server.leases.delete(LEASE)
  const { code, errors } = await a.exited
  expect(code).toBe(1)
  expect(errors).toContain('LeadershipLostError: leadership of my-app lost: the Lease was deleted')
})

/** The first candidate of a cluster: leads. */
async function leader(cluster: ProcessCluster, pod: string, timing = SHORT): Promise<CandidateProcess> {
  const candidate = await cluster.candidate(pod, timing)
  await cluster.until(() => cluster.leader === candidate, `${pod} leads`)
  return candidate
}

function tokenOf({ told }: CandidateProcess): bigint {
  return BigInt(told.leading!.fencingToken)
}

/** This term or a later one of its own. */
function hasLost({ told }: CandidateProcess, token: bigint): boolean {
  return told.lost !== undefined && BigInt(told.lost.fencingToken) >= token
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
