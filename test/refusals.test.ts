/** A healthy cluster refuses too: while an API server restarts, for seconds; where rights are withdrawn, until they are back. */
import { expect, test } from 'vitest'
import { ForbiddenError, KubeConfigError, OwnerReferenceForbiddenError } from '../src/index.ts'
import { INTERVAL, LEASE, RENEW_DEADLINE, TestCluster, worker } from './support/cluster.ts'

test.each([
  ['one 403', 403, 1],
  ['two 401 in a row', 401, 4], // each attempt refreshes its credentials and asks once more
  ['three 503', 503, 3],
] as const)('%s on a renewal costs no term', async (_name, status, times) => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  cluster.server.faults.add({ verb: 'patch', status, times })
  await cluster.elapse(3 * RENEW_DEADLINE)
  expect(a.work.terms).toHaveLength(1)
  expect(a.election.isLeading()).toBe(true)
  expect(a.events.map(({ type }) => type)).toContain('retrying')
})

test('an API server that refuses everybody after its restart, for two seconds, ends no election and no term', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await cluster.server.restart()
  const refusal = cluster.server.faults.add({ status: 403 })
  await cluster.elapse(2_000)
  refusal.remove()
  await cluster.elapse(2 * RENEW_DEADLINE)
  expect(a.work.terms).toHaveLength(1)
  expect(cluster.leaders).toEqual(['a'])
  await Promise.all([a.election.stop(), cluster.elapse(1)])
  await cluster.until(() => b.election.isLeading(), 5_000)
})

test('refused beyond its deadline a leader stops, says by whom it was refused, and leads again once it is let in', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const refusal = cluster.server.faults.add({ from: 'a', verb: ['patch', 'get', 'create'], status: 403 })
  await cluster.until(() => a.work.terms[0]!.signal.aborted)
  expect(a.events.find(({ type }) => type === 'lost')).toMatchObject({
    reason: { kind: 'forbidden', error: expect.any(ForbiddenError) },
  })
  await cluster.elapse(60_000)
  refusal.remove()
  await cluster.until(() => a.work.terms.length === 2)
})

test.each(['life', 'renewable'] as const)('who follows stands through a long outage: %s', async (term) => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = cluster.candidate('b')
  const work = worker()
  void (term === 'life' ? b.election.becomeLeaderForLife() : b.election.lead(work.run)).catch(() => {})
  await cluster.until(() => b.election.leader === 'a')
  a.clock.pause() // its process stands still from here on
  const outage = cluster.server.faults.add({ from: 'b', status: 503 })
  await cluster.elapse(600_000)
  outage.remove()
  await cluster.until(() => b.election.isLeading(), 60_000)
})

test('a kubeconfig that can not be had any more is asked for again, once the candidate has stood', async () => {
  await using cluster = await TestCluster.start()
  let isBroken = false
  const kubeConfig = () => (isBroken ? ({} as never) : cluster.server.kubeConfig('a'))
  const a = await cluster.leader('a', { kubeConfig })
  isBroken = true
  cluster.server.rotateToken('a')
  await cluster.until(() => a.events.some(({ type }) => type === 'retrying'))
  expect(a.events.find(({ type }) => type === 'retrying')).toMatchObject({ error: expect.any(KubeConfigError) })
  isBroken = false
  await cluster.elapse(2 * INTERVAL)
  expect(a.work.terms).toHaveLength(1)
  expect(a.election.isLeading()).toBe(true)
})

const OWNER_REFUSED = { status: 403, message: "cannot set an ownerRef on a resource you can't delete: , <nil>" }

/** README's Role, without `delete`. */
const ROLE = `
{ kind: Role, metadata: { name: elect }, rules: [
  { apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [my-app], verbs: [get, patch, watch] },
  { apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create] } ] }
---
{ kind: RoleBinding, metadata: { name: elect }, roleRef: { kind: Role, name: elect },
  subjects: [{ kind: User, name: a }, { kind: User, name: b }] }`

test('on a cluster that enforces it, candidates that may not delete hand the Lease over and take an expired one over', async () => {
  await using cluster = await TestCluster.start({ enableAdmissionPlugins: ['OwnerReferencesPermissionEnforcement'] })
  cluster.server.rbac.apply(ROLE)
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await Promise.all([a.election.stop(), cluster.elapse(1)])
  await cluster.until(() => b.election.isLeading(), 1_000)
  b.clock.pause()
  const again = cluster.candidate('a')
  void again.election.lead(worker().run).catch(() => {})
  await cluster.until(() => again.election.isLeading(), 30_000)
  expect([...a.events, ...b.events, ...again.events].map(({ type }) => type)).not.toContain('failed')
})

test('where only who may delete a Lease may give it an owner, a renewable candidate leads without, and says so', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'create', times: 1, ...OWNER_REFUSED })
  const a = await cluster.leader('a')
  expect(cluster.lease?.metadata.ownerReferences).toBeUndefined()
  expect(a.events.find(({ type }) => type === 'ownerRefused')).toMatchObject({
    error: { message: expect.stringContaining('verbs: ["delete"]') },
  })
  await Promise.all([a.election.stop(), cluster.elapse(1)])
  expect(cluster.spec?.holderIdentity).toBe('')
})

test('a leader for life needs its owner: the error names the right that is missing', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'create', ...OWNER_REFUSED })
  const { election } = cluster.candidate('a', { startTimeout: 0 })
  const failure = election.becomeLeaderForLife().catch((error: unknown) => error)
  await cluster.elapse(10_000)
  expect(await failure).toBeInstanceOf(OwnerReferenceForbiddenError)
  expect(String(await failure)).toContain('resourceNames: ["my-app"], verbs: ["delete"]')
})

test('a release keeps the owner, so that a Lease whose pods are gone can be collected', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  await Promise.all([a.election.stop(), cluster.elapse(1)])
  expect(cluster.spec?.holderIdentity).toBe('')
  cluster.server.deletePod('a')
  await expect.poll(() => cluster.lease).toBeUndefined()
})

test('with deleteOnRelease the Lease goes where nobody follows, and passes on at once where somebody does', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', { deleteOnRelease: true })
  const b = await cluster.follower('b', { deleteOnRelease: true })
  await Promise.all([a.election.stop(), cluster.elapse(1)])
  await cluster.until(() => b.election.isLeading(), 1_000)
  await Promise.all([b.election.stop(), cluster.elapse(1)])
  expect(cluster.server.leases.get(LEASE)).toBeUndefined()
})
