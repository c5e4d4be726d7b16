/** How requests reach the API server, over either version of HTTP: none harms another, and nothing stays open. */
import { getEventListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { KubeConfig } from '@kubernetes/client-node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadAccess } from '../src/kubernetes/access/cluster-access.ts'
import type { Credentials } from '../src/kubernetes/access/cluster-access.types.ts'
import { readAnswer } from '../src/kubernetes/http/body.ts'
import { Transport } from '../src/kubernetes/http/transport.ts'
import type { CallOptions } from '../src/kubernetes/lease-api.ts'
import { KubernetesLeaseApi } from '../src/kubernetes/lease-api.ts'
import type { Clock } from '../src/lease/clock.ts'
import type { LeaseRecord } from '../src/lease/record.ts'
import { systemClock } from '../src/process/system-clock.ts'
import { Front, type Version } from './support/front.ts'

const body = (name: string) =>
  ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, annotations: {} },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15 },
  }) as const

const lease = (name: string) => ({ name, namespace: 'default' })

function options(more: Partial<CallOptions> = {}): CallOptions {
  return {
    timeout: 5_000,
    signal: new AbortController().signal,
    urgency: { purpose: 'keep', until: 1_000 },
    onSent: () => {},
    ...more,
  }
}

/** An API in use until the test ends. */
function use(kubeConfig: KubeConfig | (() => Promise<KubeConfig>), clock: Clock = systemClock) {
  const api = new KubernetesLeaseApi({ kubeConfig, clock })
  const release = api.acquire()
  let isReleased = false
  const end = () => {
    if (!isReleased) release()
    isReleased = true
  }
  onTestFinished(end)
  return { api, end }
}

/** Watches one Lease; `ended` resolves with the error by which its stream ends. */
function watch(api: KubernetesLeaseApi, name: string, changed: (record: LeaseRecord) => void = () => {}) {
  const { promise: ended, resolve } = Promise.withResolvers<unknown>()
  const leave = api.watch(lease(name), { opened: () => {}, changed, deleted: () => {}, ended: resolve })
  return { leave, ended }
}

async function createLeases(api: KubernetesLeaseApi, names: readonly string[]): Promise<LeaseRecord[]> {
  return Promise.all(names.map((name) => api.create(lease(name), body(name), options())))
}

const renewal = ({ uid, resourceVersion }: LeaseRecord, holder = 'a') => ({
  metadata: { uid, resourceVersion },
  spec: { holderIdentity: holder },
})

describe.each<Version>(['HTTP/2', 'HTTP/1.1'])('%s', (version) => {
  test('a request that hangs delays no other, and giving it up harms none', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    await createLeases(api, ['one', 'two', 'three'])
    const hang = front.server.faults.add({ name: 'one', hang: true })
    const slow = front.server.faults.add({ name: 'three', delay: 800 })
    const failure = api.read(lease('one'), options({ timeout: 500 })).catch((error: unknown) => error)
    const other = api.read(lease('three'), options()).catch((error: unknown) => error)
    await expect.poll(() => [hang.hits, slow.hits], { interval: 5 }).toEqual([1, 1])
    for (let turn = 0; turn < 20; turn += 1) expect(await api.read(lease('two'), options())).toBeDefined()
    expect(await failure).toMatchObject({ name: 'TransientApiError', waited: expect.any(Number) })
    expect(await other).toMatchObject({ holder: 'a' }) // it was under way beside it, with HTTP/2 on the same connection
    if (version === 'HTTP/2') expect(front.connections).toBe(1)
  })

  test('a connection that is dead is found and replaced, and costs each Lease one attempt at most', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    const names = ['one', 'two', 'three', 'four', 'five']
    await createLeases(api, names)
    const { leave, ended } = watch(api, 'one')
    await expect.poll(() => front.server.openWatches).toBe(1)
    front.freeze()
    const failures = await Promise.all(
      names.map(async (name) => {
        for (let failed = 0; ; failed += 1) {
          const found = await api.read(lease(name), options({ timeout: 400 })).catch(() => undefined)
          if (found) return failed
        }
      }),
    )
    expect(Math.max(...failures)).toBe(1)
    if (version === 'HTTP/2') expect(await ended).toMatchObject({ name: 'TransientApiError' })
    leave()
  })

  test('an answer that waits in the buffers of a busy process is not taken for silence', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    const slow = front.server.faults.add({ name: 'one', delayAfterCommit: 50 })
    await createLeases(api, ['one'])
    const before = slow.hits
    // The server is in this process too: it answers in its turn, and then the process stands still before it reads.
    const answered = new Promise<void>((resolve) => {
      front.handler = (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        response.end(JSON.stringify({ metadata: { uid: 'u', resourceVersion: '1' } }), resolve)
      }
    })
    const read = api.read(lease('one'), options({ timeout: 100 }))
    await answered
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    expect(await read).toMatchObject({ uid: 'u' })
    expect(slow.hits).toBe(before)
  })

  test("an attempt's timeout runs from its sending: slow credentials are no part of it", async () => {
    await using front = await Front.start({ version })
    const { api } = use(async () => {
      await wait(300)
      return front.kubeConfig('a')
    })
    const calledAt = performance.now()
    let sentAfter = 0
    const onSent = () => {
      sentAfter = performance.now() - calledAt
    }
    expect(await api.read(lease('one'), options({ timeout: 200, onSent }))).toBeUndefined()
    expect(sentAfter).toBeGreaterThan(290)
  })

  test('refused credentials are refreshed once for all, and each request is sent once more', async () => {
    await using front = await Front.start({ version })
    let loaded = 0
    const { api } = use(async () => {
      loaded += 1
      return front.kubeConfig('a')
    })
    await createLeases(api, ['one', 'two'])
    front.server.rotateToken('a')
    const sent = [0, 0]
    const found = await Promise.all(
      ['one', 'two'].map((name, index) => api.read(lease(name), options({ onSent: () => void sent[index]!++ }))),
    )
    expect(found.every(Boolean)).toBe(true)
    expect(sent).toEqual([2, 2])
    expect(loaded).toBe(2)
  })

  test('no answer is read without a bound: an error counts by its status, a Lease without an end is given up', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    const chunk = 'x'.repeat(65_536)
    let status = 500
    let written = 0
    front.handler = (_request, response) => {
      response.writeHead(status, { 'Content-Type': 'text/plain' })
      const more = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length
        if (!response.destroyed) response.once('drain', more)
      }
      response.on('error', () => {})
      more()
    }
    const failed = await api.read(lease('one'), options()).catch((error: unknown) => error)
    expect(failed).toMatchObject({ name: 'TransientApiError', status: 500 })
    expect((failed as Error).message.length).toBeLessThan(400)
    expect(await watch(api, 'one').ended).toMatchObject({ name: 'TransientApiError', status: 500 })
    status = 200
    const endless = await api.read(lease('one'), options()).catch((error: unknown) => error)
    expect(endless).toMatchObject({ message: expect.stringContaining('an answer of over 4000000 characters') })
    await expect.poll(() => front.server.openWatches).toBe(0)
    const sofar = written
    await wait(50)
    expect(written).toBe(sofar) // nobody reads any of it any more
  })

  test.each([
    ['with a message that is no text', { message: { a: 1 } }, 403, 'ForbiddenError'],
    ['with details of garbage', { details: 'none', message: 7 }, 409, 'ConflictError'],
    ['with a message of 300,000 characters', { message: 'B'.repeat(300_000) }, 500, 'TransientApiError'],
    ['with a message of 50,000 characters', { message: 'B'.repeat(50_000) }, 500, 'TransientApiError'],
  ])('a Status %s counts by its code', async (_name, status, code, name) => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    front.handler = (_request, response) => {
      response.writeHead(code, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ kind: 'Status', code, ...status }))
    }
    const error = await api.read(lease('one'), options()).catch((error: Error) => error)
    expect(error).toMatchObject({ name, status: code })
    expect((error as Error).message.length).toBeLessThan(1_100)
  })

  test('an error whose body never ends is told within seconds', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    front.handler = (_request, response) => {
      response.writeHead(503, { 'Content-Type': 'text/plain' })
      response.write('overloaded')
    }
    const failed = await api.read(lease('one'), options({ timeout: 10_000 })).catch((error: unknown) => error)
    expect(failed).toMatchObject({ status: 503, message: expect.stringContaining('503: overloaded') })
  })

  test('nothing is left after the last election: no connection, no stream, no listener', async () => {
    await using front = await Front.start({ version })
    const { api, end } = use(front.kubeConfig('a'))
    const other = use(front.kubeConfig('a'))
    const { signal } = new AbortController()
    const [record] = await createLeases(api, ['one'])
    for (let turn = 0; turn < 50; turn += 1) await api.read(lease('one'), options({ signal }))
    await api.patch(lease('one'), renewal(record!, 'b'), options({ signal }))
    const stale = await api
      .patch(lease('one'), renewal(record!), options({ signal }))
      .catch((error: Error) => error.name)
    expect(stale).toBe('ConflictError')
    const hang = front.server.faults.add({ verb: 'get', hang: true })
    await api.read(lease('one'), options({ signal, timeout: 50 })).catch(() => {})
    expect(hang.hits).toBe(1)
    hang.remove()
    expect(getEventListeners(signal, 'abort')).toEqual([])

    const watching = [api, other.api].map((each) => watch(each, 'one'))
    await expect.poll(() => front.server.openWatches).toBe(1)
    for (const { leave } of watching) leave()
    await expect.poll(() => front.server.openWatches).toBe(0)
    await api.read(lease('two'), options())
    end()
    expect(front.open).toBeGreaterThan(0) // the other one still uses them
    other.end()
    await expect.poll(() => front.open).toBe(0)
  })

  test('a stream that the server cuts off ends with an error for who watches, and another one can be opened', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    await createLeases(api, ['one'])
    for (let turn = 0; turn < 3; turn += 1) {
      front.server.faults.add({ verb: 'watch', truncate: true, times: 1 })
      expect(await watch(api, 'one').ended).toMatchObject({ name: 'TransientApiError' })
    }
    await expect.poll(() => front.server.openWatches).toBe(0)
  })

  test('a watch that is open ends with the last election', async () => {
    await using front = await Front.start({ version })
    const { api, end } = use(front.kubeConfig('a'))
    const { leave } = watch(api, 'one')
    await expect.poll(() => front.server.openWatches).toBe(1)
    leave()
    end()
    await expect.poll(() => [front.server.openWatches, front.open]).toEqual([0, 0])
  })

  test('of the claims of one process on a Lease one reaches the server, and the others are refused as by it', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    const [record] = await createLeases(api, ['one'])
    const before = front.server.requests.length
    const claims = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) =>
        api.patch(lease('one'), renewal(record!, `c${index}`), options({ urgency: { purpose: 'claim' } })),
      ),
    )
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refusals = claims.flatMap((claim) => (claim.status === 'rejected' ? [claim.reason.name] : []))
    expect(new Set(refusals)).toEqual(new Set(['ConflictError']))
    expect(front.server.requests.length - before).toBe(1)
  })

  test('of those who would create a Lease one asks the server, until somebody sees that it is gone again', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    const claim = () => api.create(lease('one'), body('one'), options({ urgency: { purpose: 'claim' } }))
    const claims = await Promise.allSettled(Array.from({ length: 100 }, claim))
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(front.server.requests).toHaveLength(1)
    front.server.leases.delete('one')
    expect(await claim()).toBeDefined()
  })

  test('reads of one Lease that nobody has sent yet are sent as one, and one that is given up takes none along', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    await createLeases(api, ['one'])
    const before = front.server.requests.length
    const look = { urgency: { purpose: 'look' } } as const
    const gone = new AbortController()
    let sent = 0
    const first = api.read(lease('one'), options({ ...look, signal: gone.signal })).catch((error: Error) => error)
    const reads = Array.from({ length: 300 }, () =>
      api.read(lease('one'), options({ ...look, onSent: () => void sent++ })),
    )
    gone.abort(new Error('stopped'))
    expect(await first).toMatchObject({ message: expect.stringContaining('stopped') })
    const records = await Promise.all(reads)
    expect(records.every((record) => record?.holder === 'a')).toBe(true)
    expect(sent).toBe(300)
    expect(front.server.requests.length - before).toBeLessThanOrEqual(2)
  })

  test('after an outage the connection is made a few times, however many wait for it, and all are served', async () => {
    await using front = await Front.start({ version })
    const { api } = use(front.kubeConfig('a'))
    await createLeases(api, ['one'])
    const port = await front.goOffline()
    const before = front.connections
    const names = Array.from({ length: 400 }, (_, index) => `lease-${index}`)
    const serve = async (name: string): Promise<number> => {
      for (let failed = 0; ; failed += 1) {
        const isDone = await api.read(lease(name), options()).then(
          () => true,
          () => false,
        )
        if (isDone) return failed
      }
    }
    const served = names.map(serve)
    await wait(600)
    await front.comeBack(port)
    const failures = await Promise.all(served)
    expect(Math.max(...failures)).toBeLessThan(12) // each failed as often as a connection was tried
    // With HTTP/1.1 one for each that is under way: 64, and on a slow machine those that take so long as to count as hanging.
    expect(front.connections - before).toBeLessThanOrEqual(version === 'HTTP/2' ? 3 : 256)
  })

  test('a rotated certificate gets connections of its own; the former end with what is under way', async () => {
    await using front = await Front.start({ version })
    const access = await loadAccess(front.kubeConfig('a'))
    const credentials = await access.credentials()
    const transport = new Transport(access)
    const { signal } = new AbortController()
    const ask = async (tls: Credentials['tls']) => {
      const request = { method: 'GET', path: '/version', headers: {}, signal, onSent: () => {} }
      const { status, body } = await transport.send({ ...credentials, tls }, request)
      await readAnswer(body)
      return status
    }
    expect([await ask(credentials.tls), await ask({ ...credentials.tls })]).toEqual([200, 200])
    expect(front.connections).toBe(1) // the same, read anew
    expect(await ask({ ...credentials.tls, minVersion: 'TLSv1.3' })).toBe(200)
    expect(front.connections).toBe(2)
    await expect.poll(() => front.open).toBe(1)
    transport.destroy()
    await expect.poll(() => front.open).toBe(0)
    await expect(ask(credentials.tls)).rejects.toThrow('the election has ended')
  })

  test('elections with other credentials share nothing, though their users have the same name', async () => {
    await using front = await Front.start({ version })
    const asDefault = (identity: string) => {
      const kubeConfig = front.kubeConfig(identity)
      kubeConfig.users = kubeConfig.users.map((user) => ({ ...user, name: 'default' }))
      kubeConfig.contexts = kubeConfig.contexts.map((context) => ({ ...context, user: 'default' }))
      return kubeConfig
    }
    const watching = ['a', 'b'].map((each) => watch(use(asDefault(each)).api, 'one'))
    await expect.poll(() => front.server.openWatches).toBe(2)
    const watchers = front.server.requests.filter(({ verb }) => verb === 'watch').map(({ identity }) => identity)
    expect(watchers.sort()).toEqual(['a', 'b'])
    for (const { leave } of watching) leave()
  })
})

describe('HTTP/2 alone', () => {
  test('requests and watches are streams of one connection', async () => {
    await using front = await Front.start({ version: 'HTTP/2' })
    const { api } = use(front.kubeConfig('a'))
    const names = Array.from({ length: 60 }, (_, index) => `lease-${index}`)
    await createLeases(api, names)
    const seen = Promise.withResolvers<LeaseRecord>()
    const { leave } = watch(api, 'lease-1', seen.resolve)
    expect(await seen.promise).toMatchObject({ holder: 'a' })
    await Promise.all(names.map((name) => api.read(lease(name), options())))
    expect(front.connections).toBe(1)
    leave()
  })

  test('a connection that carries nothing any more is found by a PING, long before attempts are given up', async () => {
    await using front = await Front.start({ version: 'HTTP/2' })
    const { api } = use(front.kubeConfig('a'))
    await createLeases(api, ['one', 'two'])
    front.freeze()
    const calledAt = performance.now()
    const failures = await Promise.all(
      ['one', 'two'].map((name) => api.read(lease(name), options({ timeout: 60_000 })).catch((error: Error) => error)),
    )
    expect(performance.now() - calledAt).toBeLessThan(8_000)
    for (const failure of failures) expect(failure).toMatchObject({ name: 'TransientApiError', waited: undefined })
    expect(String(failures[0])).toContain('the connection is dead: no answer to a PING within 3000 ms')
    expect(await api.read(lease('one'), options())).toBeDefined()
  })

  test('a server that is slow but answers PINGs keeps its connection', async () => {
    await using front = await Front.start({ version: 'HTTP/2' })
    const { api } = use(front.kubeConfig('a'))
    await createLeases(api, ['one'])
    front.server.faults.add({ verb: 'get', delay: 6_000 })
    expect(await api.read(lease('one'), options({ timeout: 10_000 }))).toBeDefined()
    expect(front.connections).toBe(1)
  })

  test('a server that goes away costs no attempt: what it did not process is sent on a new connection', async () => {
    await using front = await Front.start({ version: 'HTTP/2' })
    const { api } = use(front.kubeConfig('a'))
    await createLeases(api, ['one'])
    front.server.faults.add({ name: 'one', delay: 200, times: 1 })
    const underWay = api.read(lease('one'), options())
    await wait(50)
    front.goAway()
    const reads = await Promise.all(Array.from({ length: 30 }, () => api.read(lease('one'), options())))
    expect(reads.every(Boolean)).toBe(true)
    expect(await underWay).toBeDefined()
    expect(front.connections).toBe(2)
  })

  test('a server that takes few streams gets more connections, and nobody waits for another', async () => {
    await using front = await Front.start({ version: 'HTTP/2', streams: 2 })
    const { api } = use(front.kubeConfig('a'))
    await createLeases(api, ['one', 'two', 'three'])
    const hang = front.server.faults.add({ verb: 'get', hang: true, times: 6 })
    const stop = new AbortController()
    const hanging = ['one', 'two', 'three', 'one', 'two', 'three'].map((name) =>
      api.read(lease(name), options({ signal: stop.signal })).catch(() => {}),
    )
    await expect.poll(() => hang.hits).toBe(6)
    expect(await api.read(lease('four'), options({ timeout: 1_000 }))).toBeUndefined()
    expect(front.connections).toBeLessThanOrEqual(5) // one may have been made that was not needed after all
    stop.abort()
    await Promise.all(hanging)
  })
})
