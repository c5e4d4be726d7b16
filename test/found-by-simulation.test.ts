/** What the simulation found in our own code: each in the shortest sequence that shows it, over real HTTP. */
import { expect, test } from 'vitest'
import { INTERVAL, LEASE, LEASE_DURATION, TestCluster } from './support/cluster.ts'
import { settled } from './support/traffic.ts'

test('a stop while the fate of a renewal is unclear looks what became of it before it releases', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  cluster.server.faults.add({ from: 'a', verb: 'patch', status: 500, times: 1 })
  await cluster.until(() => a.events.some(({ type }) => type === 'retrying'))
  const before = cluster.server.requests.length
  await Promise.all([a.election.stop(), settled()])
  expect(cluster.server.requests.slice(before).map(({ verb }) => verb)).toEqual(['get', 'patch'])
  expect(cluster.spec?.holderIdentity).toBe('')
})

test('who was seen to take over while one’s own reads failed is waited for, should the Lease be gone', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  const outage = cluster.server.faults.add({ from: 'b', verb: 'get', status: 503 })
  await cluster.elapse(4 * INTERVAL)
  await Promise.all([a.election.stop(), settled()])
  const c = await cluster.leader('c')
  cluster.server.faults.partition('c')
  cluster.server.leases.delete(LEASE)
  outage.remove()
  await cluster.until(() => !c.election.isLeading())
  expect(b.work.terms).toEqual([])
  await cluster.until(() => b.election.isLeading(), LEASE_DURATION)
})
