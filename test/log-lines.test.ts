/** What the log says, whatever comes from outside: one line for each sentence, of a bounded length. */
import pino from 'pino'
import { expect, test } from 'vitest'
import { LEASE, LEASE_DURATION, TestCluster } from './support/cluster.ts'

const FORGED = 'evil\n2026-01-01T00:00:00Z my-app: a became the leader\u001b[2J\u202e'

test('a holder whose name has line ends, escape sequences and turns of direction stays within its line', async () => {
  await using cluster = await TestCluster.start()
  hold(cluster, FORGED)
  const b = await cluster.follower('b')
  const escaped = 'evil\\u{a}2026-01-01T00:00:00Z my-app: a became the leader\\u{1b}[2J\\u{202e}'
  expect(b.log).toContain(`info ${LEASE}: ${escaped} leads`)
  expect(b.log.filter((line) => /\p{Cc}|\u202e/u.test(line))).toEqual([])
  expect(b.events).toContainEqual(expect.objectContaining({ type: 'newLeader', holder: FORGED })) // whole in the events
})

test('a name of 200 kB is cut, and the line says so', async () => {
  await using cluster = await TestCluster.start()
  hold(cluster, 'x'.repeat(200_000))
  const b = await cluster.follower('b')
  expect(b.log).toContain(`info ${LEASE}: ${'x'.repeat(253)}… (200000 characters) leads`)
  expect(b.events).toContainEqual(expect.objectContaining({ holder: 'x'.repeat(200_000) }))
})

test("a server's message of 60 kB, with line ends in it, is one line of some thousand characters", async () => {
  await using cluster = await TestCluster.start()
  const message = `disk full\n${'y'.repeat(60_000)}`
  cluster.server.faults.add({ from: 'b', verb: 'get', status: 500, message, times: 1 })
  const { election, log } = cluster.candidate('b')
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  const told = log.filter((line) => line.includes('disk full'))
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('disk full\\u{a}yyy')
  expect(told[0]!.length).toBeLessThan(1_200)
})

test('pino gets an object first: who, what, token and reason', async () => {
  await using cluster = await TestCluster.start()
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const a = await cluster.leader('a', { log })
  const token = String(a.work.terms[0]!.fencingToken)
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 30, lease: LEASE, identity: 'a', event: 'leading', fencingToken: token }),
  )
  cluster.server.faults.partition('a')
  await cluster.elapse(LEASE_DURATION)
  expect(lines.find(({ event }) => event === 'retrying')).toMatchObject({ operation: 'renew', attempt: 1 })
  expect(lines.find(({ event }) => event === 'lost')).toMatchObject({
    level: 50,
    reason: 'deadline',
    fencingToken: token,
    err: { type: 'TransientApiError' },
    msg: expect.stringMatching(
      /^my-app: leadership lost, fencing token \d+: no renewal succeeded .*\. The last attempt: /,
    ),
  })
})

test('one line for each change: that it leads is told once, and nothing while all is well', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await cluster.elapse(5 * LEASE_DURATION)
  const quiet = ({ log }: { log: string[] }) => log.filter((line) => !line.startsWith('debug'))
  expect(quiet(a)).toEqual([expect.stringMatching(/^info my-app: a became the leader, fencing token \d+$/)])
  expect(quiet(b)).toEqual(['info my-app: a leads'])
})

function hold(cluster: TestCluster, holderIdentity: string): void {
  const now = new Date().toISOString().replace('Z', '000Z')
  cluster.server.leases.put({
    metadata: { name: LEASE },
    spec: { holderIdentity, leaseDurationSeconds: 15, renewTime: now, acquireTime: now },
  })
}
