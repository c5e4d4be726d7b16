/** An election's figures in a registry of prom-client, as applications have one. */
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { observePrometheus } from '../src/telemetry/prometheus.ts'
import { LEASE, RENEW_DEADLINE, TestCluster, WITHOUT_PHASE } from './support/cluster.ts'

test('figures are those of the moment of the scrape: a leader that stood still past its term says 0 on waking', async () => {
  await using cluster = await TestCluster.start()
  const { election, clock } = cluster.candidate('a', WITHOUT_PHASE)
  const registry = new Registry()
  await observePrometheus(election, registry)
  expect(await sampleOf(registry, 'leader_election_master_status')).toBe(0)
  void election.lead(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)))
  await cluster.until(() => election.isLeading())
  await cluster.elapse(5_000)
  expect(await sampleOf(registry, 'leader_election_master_status')).toBe(1)
  expect(await sampleOf(registry, 'leader_election_terms_total')).toBe(1)
  expect(await sampleOf(registry, 'leader_election_renewals_total')).toBe(2)
  expect(await sampleOf(registry, 'leader_election_validity_seconds')).toBeCloseTo(9, 0)
  clock.pause()
  clock.advance(RENEW_DEADLINE)
  expect(await sampleOf(registry, 'leader_election_master_status')).toBe(0)
  expect(await sampleOf(registry, 'leader_election_validity_seconds')).toBe(0)
  expect(await sampleOf(registry, 'leader_election_info')).toBeUndefined()
  clock.resume()
})

test('several elections share a registry, told apart by their Lease; one is taken out again', async () => {
  await using cluster = await TestCluster.start()
  const registry = new Registry()
  const [a, b] = [await cluster.leader('a'), await cluster.follower('b')]
  const named = (leaseName: string, { election }: typeof a) => ({
    on: election.on.bind(election),
    isLeading: () => election.isLeading(),
    status: () => ({ ...election.status(), leaseName }),
  })
  const forget = await observePrometheus(named('first', a), registry)
  await observePrometheus(named('second', b), registry)
  const names = async () => {
    const { values } = await registry.getSingleMetric('leader_election_master_status')!.get()
    return Object.fromEntries(values.map(({ labels, value }) => [labels.name, value]))
  }
  expect(await names()).toEqual({ first: 1, second: 0 })
  forget()
  expect(await names()).toEqual({ second: 0 })
})

test('nothing makes one process tell of two leaders: an election that is observed twice, or Leases of one name in two namespaces', async () => {
  await using cluster = await TestCluster.start()
  const registry = new Registry()
  const { election } = await cluster.leader('a', WITHOUT_PHASE)
  const ends = [await observePrometheus(election, registry), await observePrometheus(election, registry)]
  const namesake = {
    on: election.on.bind(election),
    isLeading: () => election.isLeading(),
    status: () => ({ ...election.status(), namespace: 'another' }),
  }
  await cluster.elapse(5_000)
  const figures = () =>
    Promise.all(
      ['master_status', 'renewals_total', 'interval_seconds', 'info'].map((name) =>
        sampleOf(registry, `leader_election_${name}`),
      ),
    )
  const once = [1, 2, 2, 1]
  expect(await figures()).toEqual(once)
  await observePrometheus(namesake, registry)
  expect(await figures()).toEqual(once)
  ends[0]!()
  expect(await figures()).toEqual(once)
  registry.clear()
  ends[1]!()
  await observePrometheus(election, registry)
  expect(await sampleOf(registry, 'leader_election_master_status')).toBe(1)
  expect(await sampleOf(registry, 'leader_election_renewals_total')).toBe(0)
})

async function sampleOf(registry: Registry, name: string): Promise<number | undefined> {
  const { values } = await registry.getSingleMetric(name)!.get()
  return values.find(({ labels }) => labels.name === LEASE)?.value
}
