/** `lead(work)`, `becomeLeaderForLife()`, `stop()` and `stepDown()`: what they promise. */
import { expect, test } from 'vitest'
import { ElectionStoppedError, LeaderElection, LeadershipLostError, RetriesExhaustedError } from '../src/index.ts'
import { INTERVAL, LEASE, LEASE_DURATION, RENEW_DEADLINE, TestCluster } from './support/cluster.ts'
import { settled } from './support/traffic.ts'
import { collectUncaught } from './support/uncaught.ts'

test('lead resolves with what the work returns, after the lease was given back', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const result = election.lead(async ({ fencingToken, isLeading }) => {
    expect(isLeading()).toBe(true)
    return fencingToken
  })
  await cluster.elapse(100)
  expect(await result).toBe(BigInt(cluster.server.leases.get(LEASE)!.metadata.resourceVersion) - 1n)
  expect(cluster.spec?.holderIdentity).toBe('')
  expect(election.isLeading()).toBe(false)
})

test('lead rejects with the error that the work threw, after the lease was given back', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const error = new Error('the work failed')
  const result = election.lead(() => {
    throw error
  })
  result.catch(() => {})
  await cluster.elapse(100)
  await expect(result).rejects.toBe(error)
  expect(cluster.spec?.holderIdentity).toBe('')
})

test('work whose leadership is lost is aborted, awaited, and run anew with a higher token', async () => {
  await using cluster = await TestCluster.start()
  const { election, clock } = cluster.candidate('a')
  const slowEnd = Promise.withResolvers<void>()
  const tokens: bigint[] = []
  const reasons: unknown[] = []
  const result = election.lead(async ({ signal, fencingToken }) => {
    tokens.push(fencingToken)
    if (tokens.length === 2) return 'second time'
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    reasons.push(signal.reason)
    await slowEnd.promise
    return 'ignored'
  })
  await cluster.until(() => tokens.length === 1)
  cluster.server.leases.delete(LEASE)
  await cluster.until(() => reasons.length === 1)
  expect(reasons[0]).toBeInstanceOf(LeadershipLostError)
  expect((reasons[0] as LeadershipLostError).reason).toEqual({ kind: 'leaseDeleted' })
  // While the old work has not settled, this process does not stand again.
  await cluster.elapse(2 * LEASE_DURATION)
  expect(cluster.lease).toBeUndefined()
  slowEnd.resolve()
  await cluster.until(() => tokens.length === 2)
  await cluster.elapse(100)
  expect(await result).toBe('second time')
  expect(tokens[1]!).toBeGreaterThan(tokens[0]!)
  expect(clock.pendingTimers).toBe(0)
})

test('the signal of lead stops in order: the work is aborted with its reason, then the lease is given back', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const controller = new AbortController()
  const reason = new Error('shutting down')
  const result = election.lead(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    { signal: controller.signal },
  )
  result.catch(() => {})
  await cluster.until(() => election.isLeading())
  controller.abort(reason)
  await cluster.elapse(100)
  await expect(result).rejects.toBe(reason)
  expect(cluster.spec?.holderIdentity).toBe('')
})

test('a signal that aborts while following ends the wait with its reason', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('a')
  const { election } = cluster.candidate('b')
  const controller = new AbortController()
  const result = election.lead(() => 'never', { signal: controller.signal })
  result.catch(() => {})
  await cluster.until(() => election.leader === 'a')
  controller.abort(new Error('enough'))
  await expect(result).rejects.toThrow('enough')
  await expect(election.lead(() => 'never', { signal: controller.signal })).rejects.toThrow('enough')
})

test('stopping a follower rejects what it waited for with ElectionStoppedError', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('a')
  const { election } = cluster.candidate('b')
  const result = election.becomeLeaderForLife()
  result.catch(() => {})
  await cluster.until(() => election.leader === 'a')
  await election.stop()
  await expect(result).rejects.toBeInstanceOf(ElectionStoppedError)
})

test('work that does not stop in time: the lease is left to expire, not released', async () => {
  await using cluster = await TestCluster.start()
  const { election, events } = cluster.candidate('a', { drainTimeout: 5_000 })
  const stuck = Promise.withResolvers<void>()
  const result = election.lead(() => stuck.promise)
  result.catch(() => {})
  await cluster.until(() => election.isLeading())
  const stopped = election.stop()
  await cluster.elapse(5_000)
  await stopped
  await expect(result).rejects.toMatchObject({ reason: { kind: 'workDidNotStop' } })
  expect(cluster.spec?.holderIdentity).toBe('a')
  expect(election.isLeading()).toBe(false)
  expect(events.map(({ type }) => type)).not.toContain('released')
})

test('work that ends long after it was given up changes nothing any more', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a', { drainTimeout: 5_000 })
  const stuck = Promise.withResolvers<string>()
  const result = election.lead(() => stuck.promise).catch((error: Error) => error)
  await cluster.until(() => election.isLeading())
  await Promise.all([election.stop(), cluster.elapse(5_000)])
  expect(await result).toBeInstanceOf(LeadershipLostError)
  const left = cluster.lease
  stuck.resolve('late')
  await settled()
  expect(cluster.lease).toBe(left)
  const again = election.lead(() => 'anew')
  await cluster.elapse(100)
  expect(await again).toBe('anew')
})

test('a release that gets no answer is given up after a while, and the log says that the lease is left to expire', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  cluster.server.faults.add({ from: 'a', drop: 'request' })
  await Promise.all([a.election.stop(), cluster.elapse(RENEW_DEADLINE)])
  expect(await a.result).toBe('done')
  expect(a.events.at(-1)).toEqual({ type: 'released', confirmed: false })
  expect(a.log.at(-1)).toBe(`warn ${LEASE}: not released in time; the Lease is left to expire`)
  expect(cluster.spec?.holderIdentity).toBe('a')
})

test('a signal that was given at construction ends a leadership for life in order, with its reason', async () => {
  await using cluster = await TestCluster.start()
  const controller = new AbortController()
  const { election } = cluster.candidate('a', { signal: controller.signal })
  const leading = election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  const reason = new Error('the machine shuts down')
  controller.abort(reason)
  expect((await leading).signal.aborted).toBe(true)
  await cluster.until(() => cluster.lease === undefined, 1_000)
  await expect(election.becomeLeaderForLife()).rejects.toBe(reason)
})

test('a signal that aborts while a candidate for life follows rejects what it waits for with its reason', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('a')
  const controller = new AbortController()
  const { election } = cluster.candidate('b', { signal: controller.signal })
  const leading = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.until(() => election.leader)
  const reason = new Error('the machine shuts down')
  controller.abort(reason)
  expect(await leading).toBe(reason)
})

test('becoming the leader for life that was refused can be asked for again', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  await expect(a.election.becomeLeaderForLife()).rejects.toThrow('this election is running already')
  await Promise.all([a.election.stop(), cluster.elapse(100)])
  const leading = a.election.becomeLeaderForLife()
  await cluster.until(() => a.election.isLeading())
  expect((await leading).isLeading()).toBe(true)
})

test('an election that was never stood for follows nobody, does not lead, and has nothing to stop', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  await election.stop()
  await election.stepDown()
  expect([election.isLeading(), election.leader]).toEqual([false, undefined])
  expect(cluster.server.requests).toEqual([])
})

test('a stop from within a listener of `leading` still awaits the work before it releases', async () => {
  await using cluster = await TestCluster.start()
  const { election, events } = cluster.candidate('a')
  election.on('leading', () => void election.stop())
  const released: boolean[] = []
  election.on('released', () => released.push(true))
  const result = election.lead(async ({ signal }) => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    expect(released).toEqual([])
    return 'stopped in order'
  })
  await cluster.elapse(1_000)
  expect(await result).toBe('stopped in order')
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['leading', 'draining', 'released']))
})

test('a listener or a log that throws is an uncaught exception of its own; the election goes on', async () => {
  await using cluster = await TestCluster.start()
  using uncaught = collectUncaught()
  const error = new Error('a listener failed')
  const fail = () => {
    throw error
  }
  const a = cluster.candidate('a', { log: { debug: () => {}, info: fail, warn: fail, error: fail } })
  a.election.on('leading', fail)
  void a.election.becomeLeaderForLife()
  await cluster.until(() => a.election.isLeading())
  await cluster.elapse(5 * INTERVAL)
  expect(a.election.isLeading()).toBe(true)
  expect(new Set(uncaught.errors)).toEqual(new Set([error]))
  expect(uncaught.errors.length).toBeGreaterThanOrEqual(2)
  await a.election.stop()
})

test('stepDown hands over, rests for the cooldown, and stands again', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await Promise.all([a.election.stepDown({ cooldown: 60_000 }), cluster.elapse(100)])
  expect(a.work.terms[0]!.signal.aborted).toBe(true)
  await cluster.until(() => b.election.isLeading(), 100)
  await Promise.all([b.election.stop(), cluster.elapse(1_000)])
  await cluster.elapse(50_000)
  expect(cluster.leaders).toEqual([])
  await cluster.until(() => a.election.isLeading(), 10_000)
  expect(a.work.terms).toHaveLength(2)
})

test('stepDown without a cooldown rests for an interval', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  await Promise.all([a.election.stepDown(), cluster.elapse(10)])
  expect(a.election.isLeading()).toBe(false)
  const rested = await cluster.until(() => a.election.isLeading(), 2 * INTERVAL)
  expect(rested).toBeGreaterThanOrEqual(INTERVAL - 10)
  expect(rested).toBeLessThanOrEqual(INTERVAL + 60)
})

test('a leader for life refuses to step down, and says what to do instead', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  await expect(election.stepDown()).rejects.toThrow('`stop` the election instead')
})

test('a leader for life that stops deletes its lease, with preconditions', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  const { uid } = cluster.lease!.metadata
  await election.stop()
  expect(cluster.lease).toBeUndefined()
  expect(cluster.server.requests.at(-1)).toMatchObject({ verb: 'delete', body: { preconditions: { uid } } })
})

test("a leader for life's lease is owned by its pod, so that it is collected with it", async () => {
  await using cluster = await TestCluster.start()
  const a = cluster.candidate('a')
  void a.election.becomeLeaderForLife()
  await cluster.until(() => a.election.isLeading())
  expect(cluster.lease!.metadata.ownerReferences).toEqual([cluster.server.pod('a').owner])
  const b = cluster.candidate('b')
  void b.election.becomeLeaderForLife()
  await cluster.until(() => b.election.leader === 'a')
  a.election.lost.catch(() => {})
  cluster.server.deletePod('a')
  expect(await cluster.until(() => b.election.isLeading())).toBeLessThanOrEqual(100)
})

test('losing a leadership for life rejects `lost`, with the reason', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const { promise, resolve } = Promise.withResolvers<unknown>()
  election.lost.catch(resolve)
  const leadership = election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  cluster.server.leases.delete(LEASE)
  expect(await promise).toMatchObject({ name: 'LeadershipLostError', reason: { kind: 'leaseDeleted' } })
  expect((await leadership).signal.aborted).toBe(true)
})

test('after a stop, the same election can be stood for again', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  const first = election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  await election.stop()
  expect((await first).isLeading()).toBe(false)
  const second = election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  expect((await second).fencingToken).toBeGreaterThan((await first).fencingToken)
  expect((await first).isLeading()).toBe(false)
})

test('a restarted container of the leader leads again at once, with a new token', async () => {
  await using cluster = await TestCluster.start()
  cluster.putLeaseOf('a', 'the container before')
  const { resourceVersion } = cluster.lease!.metadata
  const after = cluster.candidate('a')
  const leadership = after.election.becomeLeaderForLife()
  expect(await cluster.until(() => after.election.isLeading())).toBeLessThanOrEqual(1)
  expect((await leadership).fencingToken).toBeGreaterThan(BigInt(resourceVersion))
  expect(cluster.spec?.leaseTransitions).toBe(0)
})

test('two live processes with one identity: the earlier one ends with an error that says what to mend', async () => {
  await using cluster = await TestCluster.start()
  const first = cluster.candidate('a')
  const { promise, resolve } = Promise.withResolvers<Error>()
  first.election.lost.catch(resolve)
  void first.election.becomeLeaderForLife()
  await cluster.until(() => first.election.isLeading())
  cluster.putLeaseOf('a', 'another container')
  await settled()
  expect(await promise).toMatchObject({ name: 'DuplicateIdentityError', message: expect.stringContaining('as "a"') })
})

test("without a pod, a live holder of one's own identity is a configuration error, not a lease to adopt", async () => {
  await using cluster = await TestCluster.start()
  const kubeConfig = cluster.server.kubeConfig('a')
  const alone = { kubeConfig, namespace: 'default', identity: 'same', owner: undefined }
  const first = cluster.candidate('a', alone)
  void first.election.lead(() => new Promise(() => {})).catch(() => {})
  await cluster.until(() => first.election.isLeading())
  const second = cluster.candidate('b', alone)
  const result = second.election.lead(() => 'never')
  result.catch(() => {})
  await cluster.elapse(2 * INTERVAL)
  await expect(result).rejects.toMatchObject({ name: 'DuplicateIdentityError' })
  expect(first.election.isLeading()).toBe(true)
  cluster.candidates.splice(0) // the first one's work never ends; leave it behind
})

test('with endAfterRetries a candidate gives up after as many failures in a row as there are back-offs, and names the last', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ status: 503 })
  const { election, events } = cluster.candidate('a', {
    retryBackoffs: [100, 500, 1000],
    endAfterRetries: true,
    random: () => 0.5,
  })
  const result = election.becomeLeaderForLife().catch((error: unknown) => error)
  await cluster.elapse(1_600)
  const error = await result
  expect(error).toBeInstanceOf(RetriesExhaustedError)
  expect((error as Error).message).toContain('4 requests in a row failed, after 3 retries; the last one: get lease')
  const retries = events.filter((event) => event.type === 'retrying')
  expect(retries.map(({ attempt, delay }) => [attempt, delay])).toEqual([
    [1, 100],
    [2, 500],
    [3, 1000],
  ])
})

test.each(['renewable', 'life'] as const)(
  'a candidate goes on trying through any outage, repeating the last back-off: %s',
  async (term) => {
    await using cluster = await TestCluster.start()
    const fault = cluster.server.faults.add({ status: 503 })
    const { election, events } = cluster.candidate('a', { retryBackoffs: [100, 500], random: () => 0.5 })
    if (term === 'life') void election.becomeLeaderForLife()
    else void election.lead(() => new Promise(() => {})).catch(() => {})
    await cluster.elapse(5_000)
    const delays = events.flatMap((event) => (event.type === 'retrying' ? [event.delay] : []))
    expect(delays.slice(0, 4)).toEqual([100, 500, 500, 500])
    fault.remove()
    await cluster.until(() => election.isLeading(), 2_000)
    cluster.candidates.splice(0)
  },
)

test('Retry-After lengthens a wait', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'get', status: 429, retryAfter: 3, plainText: true, times: 1 })
  const { election, events } = cluster.candidate('a', { random: () => 0 })
  void election.becomeLeaderForLife()
  expect(await cluster.until(() => election.isLeading())).toBeGreaterThanOrEqual(3_000)
  expect(events.find((event) => event.type === 'retrying')).toMatchObject({ delay: 3_000 })
})

test('Retry-After as a date, which Kubernetes does not send, leaves the wait as it is', async () => {
  await using cluster = await TestCluster.start()
  const retryAfter = 'Wed, 25 Nov 2026 07:28:00 GMT' as unknown as number
  cluster.server.faults.add({ verb: 'get', status: 503, retryAfter, plainText: true, times: 1 })
  const { election, events } = cluster.candidate('a', { random: () => 0.5 })
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  expect(events.find((event) => event.type === 'retrying')).toMatchObject({ delay: 100 })
})

test('a claim whose answer is lost after the commit is found by reading, and claimed again by a write of its own', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'create', drop: 'response', times: 1 })
  const { election, events } = cluster.candidate('a')
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  const verbs = cluster.server.requests.filter(({ verb }) => verb !== 'watch').map(({ verb }) => verb)
  expect(verbs.slice(0, 4)).toEqual(['get', 'create', 'get', 'patch'])
  expect(events.filter(({ type }) => type === 'leading')).toHaveLength(1)
})

test('stopping after a claim of unknown fate looks for it, and releases it', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'create', status: 504, afterCommit: true, times: 1 })
  const { election } = cluster.candidate('a')
  const result = election.becomeLeaderForLife().catch((error: unknown) => error)
  await cluster.until(() => cluster.lease)
  await Promise.all([election.stop(), cluster.elapse(100)])
  expect(await result).toBeInstanceOf(ElectionStoppedError)
  expect(cluster.lease).toBeUndefined()
})

test('an absent lease is free at once for life, and after the last duration where the leadership is renewable', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  // The lease is deleted under the leader, who does not hear of it.
  cluster.server.faults.partition('a')
  cluster.server.leases.delete(LEASE)
  const elapsed = await cluster.until(() => b.election.isLeading())
  expect(a.election.isLeading()).toBe(false)
  expect(elapsed).toBeGreaterThanOrEqual(RENEW_DEADLINE)
})

test('many followers: one claims a released lease, and hardly any other tries', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  for (let index = 0; index < 20; index += 1) await cluster.follower(`f${index}`)
  const before = cluster.server.requests.length
  await Promise.all([a.election.stop(), cluster.elapse(1_000)])
  const claims = cluster.server.requests
    .slice(before)
    .filter(({ verb, identity }) => verb === 'patch' && identity !== 'a')
  expect(cluster.leaders).toHaveLength(1)
  expect(claims.length).toBeLessThanOrEqual(6)
})

test('the watch is refused: followers poll, and say so', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'watch', status: 403 })
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  await Promise.all([a.election.stop(), cluster.elapse(100)])
  expect(await cluster.until(() => b.election.isLeading(), INTERVAL)).toBeLessThanOrEqual(INTERVAL)
  expect(b.log.find((line) => line.includes('the watch failed; polling'))).toContain('verbs: ["watch"]')
})

test('the watch is cut off within a line: it is opened again, and nothing is missed', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.faults.add({ from: 'b', verb: 'watch', truncate: true, times: 1 })
  await Promise.all([a.election.stop(), cluster.elapse(1)])
  await cluster.until(() => b.election.isLeading(), 1_500)
  expect(b.log.join()).toContain('the stream was cut off within a line')
})

test('the wall clock is set ahead past the term: not leading until a renewal has settled it, and the term goes on', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  a.clock.stepWall(3_600_000)
  expect(a.election.isLeading()).toBe(false)
  await settled() // the renewal was sent by that very question
  expect(a.election.isLeading()).toBe(true)
  expect(a.work.terms).toHaveLength(1)
  expect(a.work.terms[0]!.signal.aborted).toBe(false)
})

test('the wall clock is set back: the monotonic clock still ends the term', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  a.clock.stepWall(-3_600_000)
  cluster.server.faults.partition('a')
  await cluster.elapse(RENEW_DEADLINE)
  expect(a.election.isLeading()).toBe(false)
})

test('a machine that is suspended while its wall clock is set back: it does not lead beside the one that took over', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  cluster.server.faults.add({ from: 'a', verb: 'watch', silence: true }) // a suspended machine reads nothing either
  a.clock.suspend()
  const asleep = await cluster.until(() => b.election.isLeading())
  a.clock.stepWall(-asleep) // neither the monotonic nor the wall clock has moved
  a.clock.wake()
  expect(a.election.isLeading()).toBe(false)
  expect(a.work.terms[0]!.isLeading()).toBe(false)
  await cluster.until(() => a.work.terms[0]!.signal.aborted, 100)
  expect(cluster.leaders).toEqual(['b'])
})

test('a machine that is suspended while its wall clock is set back: it leads on where a renewal shows that nobody led meanwhile', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  a.clock.suspend()
  await cluster.elapse(2 * LEASE_DURATION)
  a.clock.stepWall(-3_600_000)
  a.clock.wake()
  expect(a.election.isLeading()).toBe(false)
  await settled() // the renewal was sent by that very question
  expect(a.election.isLeading()).toBe(true)
  expect(a.work.terms).toHaveLength(1)
  expect(a.log.filter((line) => line.includes('the machine was suspended'))).toHaveLength(1)
})

test('a hand edit of the lease that leaves its holder does not end the term; one that names another does', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const edit = (spec: object) => {
    const lease = cluster.lease!
    cluster.server.leases.put({ ...lease, spec: { ...(lease.spec as object), ...spec } })
  }
  edit({ leaseDurationSeconds: 1 })
  await settled()
  expect(a.election.isLeading()).toBe(true)
  expect(cluster.spec?.leaseDurationSeconds).toBe(LEASE_DURATION / 1000) // stated anew at once
  edit({ holderIdentity: 'somebody' })
  await settled()
  expect(a.election.isLeading()).toBe(false)
  expect(a.events.find(({ type }) => type === 'lost')).toMatchObject({ reason: { kind: 'takenOver', by: 'somebody' } })
})

test('statsd counts leader_running once an interval, from the one that leads', async () => {
  await using cluster = await TestCluster.start()
  const counted: [string, string[] | undefined][] = []
  const statsd = {
    increment: (stat: string, tags?: string[]) => stat === 'leader_running' && counted.push([stat, tags]),
  }
  const { election } = cluster.candidate('a', { statsd })
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  await cluster.follower('b', { statsd })
  const before = counted.length
  await cluster.elapse(10 * INTERVAL)
  expect(counted.length - before).toBe(10)
  expect(counted[0]).toEqual(['leader_running', ['lease:my-app', 'namespace:default']])
})

test('await using stops the election at the end of the block', async () => {
  await using cluster = await TestCluster.start()
  {
    await using election = new LeaderElection(LEASE, cluster.server.pod('a'))
    await election.becomeLeaderForLife()
    expect(cluster.spec?.holderIdentity).toBe('a')
  }
  expect(cluster.lease).toBeUndefined()
})

test('labels are put on the lease', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('a', { labels: { app: 'web' } })
  expect(cluster.lease!.metadata.labels).toEqual({ app: 'web' })
})

test('maxClockSkew changes nothing about a lease that does not say when it was renewed', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.leases.put({ metadata: { name: LEASE }, spec: { holderIdentity: 'gone', leaseDurationSeconds: 15 } })
  const { election } = cluster.candidate('a', { maxClockSkew: 5_000 })
  void election.becomeLeaderForLife()
  expect(await cluster.until(() => election.isLeading())).toBeGreaterThanOrEqual(LEASE_DURATION)
})

test('maxClockSkew, where it is given, lets a long-dead lease be taken at once', async () => {
  await using cluster = await TestCluster.start()
  const dead = { holderIdentity: 'gone', leaseDurationSeconds: 15, renewTime: '2026-11-22T13:00:00.000000Z' }
  cluster.server.leases.put({ metadata: { name: LEASE }, spec: dead })
  const { election } = cluster.candidate('a', { maxClockSkew: 5_000 })
  void election.becomeLeaderForLife()
  expect(await cluster.until(() => election.isLeading())).toBeLessThanOrEqual(60)
})
