/** Two that stand under one identity: who is taken for oneself, who is refused, and who is waited for. */
import { expect, test } from 'vitest'
import { INCARNATION_ANNOTATION, isOurs, parseLease } from '../src/lease.ts'
import { type OwnerReference, resolveSettings } from '../src/options.ts'
import { LEASE, LEASE_DURATION, TestCluster, worker } from './support/cluster.ts'

const STATEFUL_SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'set' }

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

/** A Lease of this pod. */
function recordOf({ incarnation, owners }: { incarnation: string; owners: readonly OwnerReference[] }) {
  return parseLease({
    metadata: {
      uid: 'u',
      resourceVersion: '1',
      annotations: { [INCARNATION_ANNOTATION]: incarnation },
      ownerReferences: owners,
    },
    spec: { holderIdentity: 'web-0', leaseDurationSeconds: LEASE_DURATION / 1000 },
  })!
}
