/** A watch is a hint: whatever is odd about it is told, and costs the election nothing but a little time. */
import { expect, test } from 'vitest'
import { LEASE, TestCluster } from './support/cluster.ts'
import { since, standing } from './support/herd.ts'

const breaking: [string, string, string][] = [
  ['text that is no JSON', 'upgrade required\n', 'is not valid JSON'],
  ['JSON that is no event', 'null\n', 'null'],
  ['a line that is cut off', '{"type":"MODI', 'watch lease default/my-app: the stream was cut off within a line'],
  [
    'a line without an end',
    `{"type":"${'x'.repeat(8_000_000)}`,
    'watch lease default/my-app: a line of over 8000000 characters',
  ],
  [
    'the error that its version is too old',
    '{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}\n',
    'watch lease default/my-app: 410: too old',
  ],
  ['an error that says nothing', '{"type":"ERROR"}\n', 'watch lease default/my-app: 500'],
]

test.each(breaking)('a watch that tells %s is given up with a warning, and opened again', async (_name, body, told) => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  cluster.server.faults.add({ from: 'b', verb: 'watch', status: 200, body, times: 1 })
  const b = await cluster.follower('b')
  expect(b.log.join('\n')).toMatch(/warn my-app: the watch failed; polling until it stands again: /)
  expect(b.log.join('\n')).toContain(told)
  await cluster.until(() => cluster.server.openWatches === 2, 1_000)
  await Promise.all([a.election.stop(), cluster.until(() => b.election.isLeading(), 100)])
})

test('a watch that the server does not end in time is ended and opened anew', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const watches = () => cluster.server.requests.filter(({ verb }) => verb === 'watch')
  const [seconds] = watches().map(({ path }) => new URL(path, 'http://server').searchParams.get('timeoutSeconds'))
  expect(Number(seconds)).toBeGreaterThanOrEqual(300)
  expect(Number(seconds)).toBeLessThanOrEqual(600)
  await cluster.elapse(Number(seconds) * 1000 + 30_000) // the server's clock stands still, so to speak
  expect(watches()).toHaveLength(2)
  expect(cluster.server.openWatches).toBe(1)
  expect(a.log.join('\n')).toContain(`the watch outlived its ${seconds} s`)
  expect(a.work.terms).toHaveLength(1)
})

test('lines of a watch that say nothing of use are passed over', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('a')
  const lease = { ...cluster.lease!, spec: { holderIdentity: 'c', leaseDurationSeconds: 15 } }
  const nameless = { ...lease, metadata: { uid: 'u', resourceVersion: '7' } }
  const events = [
    { type: 'BOOKMARK', object: { metadata: { resourceVersion: '200' } } },
    { type: 'RENAMED', object: lease },
    { type: 'MODIFIED', object: { metadata: { name: LEASE } } },
    { type: 'MODIFIED', object: nameless },
    { type: 'DELETED' },
  ]
  const body = ` \n\n${events.map((event) => JSON.stringify(event)).join('\n\n')}\n`
  const fault = cluster.server.faults.add({ from: 'b', verb: 'watch', status: 200, body, times: 1 })
  const b = await cluster.follower('b')
  expect(fault.hits).toBe(1)
  expect(b.log).toContain('debug my-app: the watch ended early; polling until it stands again')
  expect(b.log.join('\n')).not.toContain('warn')
  expect(b.election.leader).toBe('a')
})

test('who stops an election the moment that its watch breaks leaves no watch behind', async () => {
  const { cluster, followers } = await standing(1)
  const { actor, name } = followers[0]!
  actor.on('watchInterrupted', () => actor.send({ type: 'stop' }))
  cluster.goDown()
  await cluster.until(() => actor.getSnapshot().status === 'done')
  cluster.comeBack()
  const from = cluster.world.now
  await cluster.elapse(300_000)
  expect(since(cluster, from).filter(({ by }) => by === name)).toEqual([])
})
