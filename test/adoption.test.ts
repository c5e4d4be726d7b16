/** A Lease that something else than a pod owns: left alone, unless it was meant for this election. */
import { expect, test } from 'vitest'
import { ForeignLeaseError } from '../src/index.ts'
import { LEASE, TestCluster } from './support/cluster.ts'

const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'deployment-uid' }

/** As Helm or an operator creates it, before any candidate stands. */
async function withLeaseOfDeployment(): Promise<TestCluster> {
  const cluster = await TestCluster.start()
  cluster.server.leases.put({ metadata: { name: LEASE, ownerReferences: [DEPLOYMENT] }, spec: {} })
  return cluster
}

test('a Lease of a Deployment is left alone, and the error names the ways to take it', async () => {
  await using cluster = await withLeaseOfDeployment()
  const { election } = cluster.candidate('a')
  const error = (await election.becomeLeaderForLife().catch((reason: unknown) => reason)) as Error
  expect(error).toBeInstanceOf(ForeignLeaseError)
  expect(error.message).toContain(`the Lease ${LEASE} belongs to another system: it is owned by the Deployment web.`)
  expect(error.message).toContain('set `adopt: true`')
  expect(error.message).toContain('give that owner as the option `owner`')
  expect(cluster.lease?.metadata.ownerReferences).toEqual([DEPLOYMENT])
})

test('with adopt it is taken, and goes with the pod from then on', async () => {
  await using cluster = await withLeaseOfDeployment()
  const { election } = cluster.candidate('a', { adopt: true })
  election.lost.catch(() => {})
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  expect(cluster.lease?.metadata.ownerReferences).toEqual([expect.objectContaining({ kind: 'Pod', name: 'a' })])
  cluster.server.deletePod('a')
  await cluster.until(() => cluster.lease === undefined)
})

test('with that owner as its own a candidate takes it, and leaves it the owner', async () => {
  await using cluster = await withLeaseOfDeployment()
  const a = await cluster.leader('a', { owner: DEPLOYMENT })
  await Promise.all([a.election.stop(), cluster.elapse(100)])
  expect(cluster.lease?.metadata.ownerReferences).toEqual([DEPLOYMENT])
})

test('a Lease that coordinated leader election decides about is not adopted either', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.leases.put({ metadata: { name: LEASE }, spec: { strategy: 'OldestEmulationVersion' } })
  const { election } = cluster.candidate('a', { adopt: true })
  await expect(election.becomeLeaderForLife()).rejects.toThrow(/spec\.strategy is "OldestEmulationVersion"/)
})
