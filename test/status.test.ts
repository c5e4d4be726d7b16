/** What an election says of itself at a moment, and what probes are told. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { healthHandler, LeaderElection } from '../src/index.ts'
import { LEASE, LEASE_DURATION, RENEW_DEADLINE, TestCluster, WITHOUT_PHASE } from './support/cluster.ts'

test('before it has begun nobody is said to lead, and probes are content', () => {
  const election = new LeaderElection(LEASE, { identity: 'a' })
  expect(election.status()).toMatchObject({
    leaseName: LEASE,
    identity: 'a',
    states: [],
    isLeading: false,
    validFor: 0,
  })
  expect(election.health()).toMatchObject({ live: true, ready: true, reason: undefined })
})

test('leader and follower say who leads, for how long that holds, and in which states they are', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', WITHOUT_PHASE)
  const b = await cluster.follower('b')
  await cluster.elapse(1_000)
  const leading = a.election.status()
  expect(leading).toMatchObject({ isLeading: true, leader: 'a', isAtWork: true, failures: 0, overdue: 0 })
  expect(leading.states).toEqual([
    'leading.renewal.holding',
    'leading.validity.counting',
    'leading.reporting.waiting',
    'leading.duty.serving',
  ])
  expect(leading.fencingToken).toBe(a.work.terms[0]?.fencingToken)
  expect(leading.validFor).toBeLessThanOrEqual(RENEW_DEADLINE - 1_000)
  const following = b.election.status()
  expect(following).toMatchObject({ isLeading: false, leader: 'a', fencingToken: undefined, transitions: 0 })
  expect(following.states).toEqual(['observing.following'])
  expect(following.validFor).toBeLessThanOrEqual(LEASE_DURATION - 1_000)
  expect(following.lastContact).toBeGreaterThanOrEqual(1_000)
})

test('cut off from the API server nobody is named past what was last heard: neither oneself, nor another one', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.faults.add({ status: 500 })
  await cluster.elapse(RENEW_DEADLINE)
  expect(a.election.status()).toMatchObject({ isLeading: false, leader: undefined, validFor: 0 })
  await cluster.elapse(LEASE_DURATION - RENEW_DEADLINE)
  expect(b.election.status()).toMatchObject({ leader: undefined, validFor: 0 })
  expect(b.election.leader).toBe('a') // the holder in the Lease, as it was seen last
})

test('a process that stood still past its term is not live until it has noticed, nor while its work goes on', async () => {
  await using cluster = await TestCluster.start()
  const { election, clock } = cluster.candidate('a')
  const work = Promise.withResolvers<void>()
  let isDone = false
  void election.lead(() => work.promise).then(() => (isDone = true))
  await cluster.until(() => election.isLeading())
  clock.pause()
  clock.advance(RENEW_DEADLINE + 4_000)
  expect(election.health()).toMatchObject({ live: true, status: { isLeading: false } })
  expect(election.health({ margin: 1_000 })).toMatchObject({
    live: false,
    ready: true,
    reason: expect.stringContaining('s, and its work has not stopped'),
  })
  clock.resume()
  await cluster.elapse(2_000)
  expect(election.status().states).toEqual(['deposed.settling'])
  expect(election.health()).toMatchObject({ live: false, status: { isAtWork: true } })
  work.resolve()
  await cluster.until(() => isDone)
  expect(election.health({ margin: 0 })).toMatchObject({ live: true, reason: undefined })
})

test('an election that has failed is not ready', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.leases.put({ metadata: { name: LEASE }, spec: { strategy: 'OldestEmulationVersion' } })
  const { election } = cluster.candidate('a')
  await expect(election.lead(() => {})).rejects.toThrow('another system')
  expect(election.health()).toMatchObject({ live: true, ready: false, reason: 'the election has ended with an error' })
})

test('over HTTP probes get 200 or 503, wherever the handler is mounted, and the state as JSON', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  const serve = async (election: LeaderElection) => {
    const server = createServer(healthHandler(election, { margin: 0 })).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close().closeAllConnections())
    const { port } = server.address() as AddressInfo
    return async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`)
      return { status: response.status, body: (await response.json()) as { status: object } }
    }
  }
  const [askA, askB] = [await serve(a.election), await serve(b.election)]
  for (const path of ['/live', '/ready', '/health/readyz?verbose', '/'])
    for (const ask of [askA, askB]) expect((await ask(path)).status, path).toBe(200)
  expect(await askA('/health/leader')).toMatchObject({ status: 200 })
  expect(await askB('/health/leader')).toMatchObject({ status: 503, body: { status: { leader: 'a' } } })
  expect(await askB('/leader/')).toMatchObject({ status: 503 })
  expect(await askB('/leader/?a=/live')).toMatchObject({ status: 503 })
  const token = String(a.work.terms[0]!.fencingToken)
  expect((await askA('/')).body).toMatchObject({
    live: true,
    status: { fencingToken: token, states: expect.any(Array) },
  })
  a.clock.pause()
  a.clock.advance(RENEW_DEADLINE + 1)
  expect(await askA('/livez')).toMatchObject({ status: 503, body: { reason: expect.stringContaining('is over for') } })
  expect((await askA('/ready')).status).toBe(200)
  a.clock.resume()
})

test('mounted at the very path of a probe, as by Express, the handler answers that one', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('a')
  const { election } = await cluster.follower('b')
  const handle = healthHandler(election)
  for (const [originalUrl, status] of [
    ['/health/leader', 503],
    ['/health/leader/', 503],
    ['/health/live', 200],
  ] as const) {
    const server = createServer((request, response) =>
      handle(Object.assign(request, { originalUrl, url: '/' }), response),
    ).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close().closeAllConnections())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect((await fetch(`http://127.0.0.1:${port}${originalUrl}`)).status, originalUrl).toBe(status)
  }
})
