/** Events of the Lease, as `kubectl describe lease` shows them. */
import { expect, test } from 'vitest'
import { LeaderElection } from '../src/index.ts'
import { eventFor } from '../src/telemetry/kubernetes-events.ts'
import { LEASE, LEASE_DURATION, TestCluster } from './support/cluster.ts'
import { settled } from './support/traffic.ts'
import { collectUncaught } from './support/uncaught.ts'

interface CoreEvent {
  readonly metadata: { readonly name: string }
  readonly involvedObject: Readonly<Record<string, string>>
  readonly reason: string
  readonly type: string
  readonly message: string
  readonly count: number
}

/** As anybody lists them. */
async function eventsOf({ server }: TestCluster): Promise<CoreEvent[]> {
  const { makeInformer: _, CoreV1Api } = await import('@kubernetes/client-node')
  const { items } = await server.kubeConfig().makeApiClient(CoreV1Api).listNamespacedEvent({ namespace: 'default' })
  return items as unknown as CoreEvent[]
}

test('who became leader and who stopped, with token and reason, about this very Lease', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', { events: true })
  const { uid } = cluster.lease!.metadata
  const token = a.work.terms[0]!.fencingToken
  await expect
    .poll(async () => (await eventsOf(cluster)).map(({ message }) => message))
    .toEqual([`a became leader, fencing token ${token}`])
  const [became] = await eventsOf(cluster)
  expect(became).toMatchObject({
    reason: 'LeaderElection',
    type: 'Normal',
    count: 1,
    involvedObject: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'default', name: LEASE, uid },
  })
  cluster.server.leases.delete(LEASE)
  await expect.poll(async () => (await eventsOf(cluster)).length).toBe(2)
  const stopped = (await eventsOf(cluster)).find(({ type }) => type === 'Warning')
  expect(stopped?.message).toBe(`a stopped leading: the Lease was deleted, fencing token ${token}`)
  expect(stopped?.involvedObject).toMatchObject({ uid })
  await cluster.until(() => a.election.isLeading())
  await a.election.stop()
  await expect
    .poll(async () => (await eventsOf(cluster)).map(({ message }) => message))
    .toContain('a stopped leading: it gave the Lease back')
})

test('whoever takes the Lease writes nothing onto the terminal that shows the Event, however long the name', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a', { events: true })
  const holderIdentity = `\u001b]0;owned\u0007\n${'x'.repeat(5_000)}`
  cluster.server.leases.put({ ...cluster.lease!, spec: { ...cluster.spec, holderIdentity } })
  await expect.poll(async () => (await eventsOf(cluster)).length).toBe(2)
  const { message } = (await eventsOf(cluster)).find(({ type }) => type === 'Warning')!
  expect(message).toMatch(
    /^a stopped leading: taken over by \\u\{1b\}\]0;owned\\u\{7\}\\u\{a\}x+… \(\d+ characters\), fencing token/,
  )
  expect(message).toContain(String(a.work.terms[0]!.fencingToken))
})

test('without being asked for, none is written', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  await a.election.stop()
  await settled()
  expect(await eventsOf(cluster)).toEqual([])
})

test('that the right is missing is said once, with the rule; the election goes on', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ resource: 'events', status: 403 })
  const a = await cluster.leader('a', { events: true })
  cluster.server.leases.delete(LEASE)
  await cluster.until(() => a.work.terms.length > 1)
  const told = () => a.log.filter((line) => line.includes('Events'))
  await expect.poll(told).toHaveLength(1)
  await a.election.stop()
  await settled()
  expect(told()).toEqual([
    expect.stringMatching(/^warn my-app: .*\{ apiGroups: \[""\], resources: \[events\], verbs: \[create\] \}/),
  ])
})

test('a server that does not answer costs the Events, which is told, and nothing else', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ resource: 'events', hang: true })
  const a = await cluster.leader('a', { events: true })
  await cluster.elapse(LEASE_DURATION)
  expect(a.work.terms).toHaveLength(1)
  expect(a.log).toContainEqual(expect.stringMatching(/an Event is dropped: a became leader.*no answer within 5000 ms/))
  await a.election.stop()
  expect(cluster.spec?.holderIdentity).toBe('')
})

test('Events that wait are given up five seconds after they happened, not one after the other: the process can end', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ resource: 'events', hang: true })
  const { election, log, clock } = cluster.candidate('a', { events: true })
  const dropped = () => log.filter((line) => line.includes('an Event is dropped'))
  for (let term = 0; term < 3; term += 1) {
    const led = election.lead(() => {})
    await cluster.until(() => log.filter((line) => line.includes('released')).length > term)
    await led
  }
  expect(dropped()).toEqual([])
  await cluster.elapse(5_000)
  await expect.poll(dropped).toHaveLength(6)
  expect(clock.untilNextTimer).toBe(Number.POSITIVE_INFINITY)
})

test('a log that throws costs no further Event; the name of a Lease that is cut makes a valid one', async () => {
  await using cluster = await TestCluster.start()
  using uncaught = collectUncaught()
  const error = new Error('the log is broken')
  const fault = cluster.server.faults.add({ resource: 'events', status: 500 })
  const log = {
    debug: () => {},
    info: () => {},
    warn: (message: string) => {
      if (message.includes('Event')) throw error
    },
    error: () => {},
  }
  const name = `${'a'.repeat(199)}-b`
  const options = { events: true, log, preset: 'client-go', ...cluster.server.pod('a') } as const
  const election = new LeaderElection(name, options)
  await election.lead(() => {})
  await expect.poll(() => uncaught.errors).toEqual([error, error])
  fault.remove()
  await election.lead(() => {})
  await expect.poll(async () => (await eventsOf(cluster)).length).toBe(2)
})

test('a Lease that could not be given back is told as a warning', () => {
  expect(eventFor({ type: 'released', confirmed: false }, 'a')).toEqual({
    type: 'Warning',
    message: 'a stopped leading: the Lease could not be given back, and expires',
  })
})
