/**
 * The sidecar's server in this process, of a real election: many clients, slow ones, greedy ones, and what is said when time
 * goes by.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { readAddress } from '../../src/cli/serve/address.ts'
import { Announcer } from '../../src/cli/serve/announcement.ts'
import { answer } from '../../src/cli/serve/answers.ts'
import { collectGarbage } from '../../src/cli/serve/memory.ts'
import { metricsOf } from '../../src/cli/serve/metrics.ts'
import { SidecarServer } from '../../src/cli/serve/server.ts'
import { Streams } from '../../src/cli/serve/streams.ts'
import type { LeaderElection } from '../../src/index.ts'
import { LEASE_DURATION, RENEW_DEADLINE, TestCluster } from '../support/cluster.ts'

/** What answers for this election. */
function sources(election: LeaderElection) {
  const announcer = new Announcer(election)
  onTestFinished(() => announcer[Symbol.dispose]())
  const namespace = async () => 'default'
  return { election, announcer, namespace, metrics: metricsOf(election, namespace) }
}

async function serve(election: LeaderElection, { maxClients = 2_000 } = {}) {
  const announcer = new Announcer(election)
  const streams = new Streams(announcer)
  const namespace = async () => 'default'
  const served = { election, announcer, streams, namespace, metrics: metricsOf(election, namespace) }
  const server = new SidecarServer(Promise.resolve(served), { maxClients })
  const { port } = new URL(await server.listen(readAddress({ name: '--http', text: '127.0.0.1:0' })))
  const close = async () => {
    streams[Symbol.dispose]()
    announcer[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, streams, announcer, port: Number(port), close }
}

/** A connection that sends this, and what came back. */
class Client {
  readonly socket: Socket
  text = ''
  readonly closed: Promise<unknown>
  readonly #waiting = new Set<() => void>()

  constructor(port: number, sends: string) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.write(sends)
    this.socket.setEncoding('utf8').on('data', (text: string) => {
      this.text += text
      for (const look of [...this.#waiting]) look()
    })
    this.socket.on('error', () => {})
    this.closed = once(this.socket, 'close')
  }

  until(expected: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!expected.test(this.text)) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
      void this.closed.then(() => reject(new Error(`closed after ${this.text}`)))
    })
  }
}

const GET = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`

test('1,000 clients of the stream are told of each change, come and go, and leave nothing behind', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const b = await cluster.follower('b')
  const { server, streams, port, close } = await serve(b.election)
  const wave = async (count: number, leaves: (client: Client) => void) => {
    const clients = Array.from({ length: count }, () => new Client(port, GET('/sse')))
    await Promise.all(clients.map((client) => client.until(/data: .*"name"/)))
    expect(streams.size).toBe(count)
    const next = cluster.leaders[0] === 'a' ? a : b
    await next.election.stepDown({ cooldown: 0 })
    await cluster.until(() => cluster.leaders.length === 1)
    await Promise.all(clients.map((client) => client.until(/"name":"".*[\s\S]*"name":"[ab]"/)))
    for (const client of clients) leaves(client)
    await Promise.all(clients.map(({ closed }) => closed))
    // One that is not forgotten lets this last for ever.
    while (streams.size > 0 || (await server.connections()) > 0) await nextTurn()
  }
  await wave(10, ({ socket }) => socket.end())
  collectGarbage()
  const before = { resources: resources(), heap: process.memoryUsage().heapUsed }
  await wave(1_000, ({ socket }) => socket.end())
  await wave(1_000, ({ socket }) => socket.resetAndDestroy())
  collectGarbage()
  // No more of any kind; a timer of the embedded server may have ended meanwhile.
  const more = Object.entries(resources()).filter(([type, count]) => count > (before.resources[type] ?? 0))
  expect(more).toEqual([])
  expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(3_000_000)
  await close()
})

test('a client that does not read is cut off, and the others are told all the same', async () => {
  await using cluster = await TestCluster.start()
  const { election } = await cluster.leader('a')
  let name = 'a'
  const changing = { on: election.on.bind(election), status: () => ({ ...election.status(), leader: name }) }
  const { streams, announcer, port, close } = await serve(Object.assign(Object.create(election), changing))
  const slow = new Client(port, GET('/sse'))
  await slow.until(/data: /)
  slow.socket.pause()
  const quick = new Client(port, GET('/sse'))
  await quick.until(/data: /)
  // The buffers of the system take some megabytes first.
  for (let change = 1; streams.size === 2; change += 1) {
    for (let index = 0; index < 100; index += 1) {
      name = `${'x'.repeat(200)}-${change}-${index}`
      announcer.now()
    }
    await quick.until(new RegExp(`-${change}-99"`))
    quick.text = ''
    expect(change).toBeLessThan(2_000)
  }
  expect(streams.size).toBe(1)
  slow.socket.resume()
  await slow.closed
  quick.socket.end()
  await close()
})

test('one more connection than --max-clients is refused, and told once', async () => {
  await using cluster = await TestCluster.start()
  const { election } = await cluster.leader('a')
  const { server, port, close } = await serve(election, { maxClients: 2 })
  let refused = 0
  server.onRefused(() => {
    refused += 1
  })
  const clients = [new Client(port, GET('/sse')), new Client(port, GET('/sse'))]
  for (const client of clients) await client.until(/data: /)
  const third = new Client(port, GET('/'))
  await third.closed
  expect({ text: third.text, refused }).toEqual({ text: '', refused: 1 })
  clients[0]!.socket.end()
  await clients[0]!.closed
  while ((await server.connections()) > 1) await nextTurn()
  const fourth = new Client(port, GET('/'))
  await fourth.until(/"name":"a"/)
  for (const { socket } of [fourth, clients[1]!]) socket.end()
  await close()
})

test('large headers, large bodies and what is no HTTP are refused; what comes after them is answered', async () => {
  await using cluster = await TestCluster.start()
  const { election } = await cluster.leader('a')
  const { port, close } = await serve(election)
  const large = new Client(port, GET('/', `X: ${'x'.repeat(9_000)}\r\n`))
  await large.until(/^HTTP\/1.1 431 /)
  await large.closed
  const nonsense = new Client(port, 'nonsense\r\n\r\n')
  await nonsense.until(/^HTTP\/1.1 400 /)
  await nonsense.closed
  const small = new Client(port, `${GET('/', 'Content-Length: 2\r\n')}{}${GET('/leader')}`)
  await small.until(/"name":"a"[\s\S]*"name":"a"/)
  const body = new Client(port, `${GET('/', 'Content-Length: 1000000\r\n')}${'x'.repeat(2_000)}`)
  await body.closed
  const good = new Client(port, GET('/'))
  await good.until(/"name":"a"/)
  for (const { socket } of [good, small]) socket.end()
  await close()
})

test('many requests at once on a connection are answered in turn; who sends on without reading the answers is cut off', async () => {
  await using cluster = await TestCluster.start()
  const { election } = await cluster.leader('a')
  const { port, close } = await serve(election)
  const patient = new Client(port, GET('/').repeat(63) + GET('/healthz'))
  await patient.until(/"live":true/)
  patient.text = ''
  patient.socket.write(GET('/').repeat(63) + GET('/healthz'))
  await patient.until(/"live":true/)
  expect(patient.text.match(/"name":"a"/g)).toHaveLength(63)
  const greedy = new Client(port, GET('/').repeat(64) + GET('/healthz'))
  await Promise.race([greedy.closed, greedy.until(/"live":true/)])
  expect(greedy.text).not.toContain('"live":true')
  patient.socket.end()
  await close()
})

test('requests that come before the election is loaded are answered when it is', async () => {
  await using cluster = await TestCluster.start()
  const { election } = await cluster.leader('a')
  const loading = Promise.withResolvers<ReturnType<typeof sources> & { streams: Streams }>()
  await using server = new SidecarServer(loading.promise, { maxClients: 10 })
  const { port } = new URL(await server.listen(readAddress({ name: '--http', text: '127.0.0.1:0' })))
  const early = new Client(Number(port), GET('/'))
  await once(early.socket, 'connect')
  const served = sources(election)
  using streams = new Streams(served.announcer)
  loading.resolve({ ...served, streams })
  await early.until(/"name":"a"/)
  early.socket.end()
})

test('a leader that is cut off names itself until its deadline, a follower the leader until its expiry', async () => {
  await using cluster = await TestCluster.start()
  const a = sources((await cluster.leader('a')).election)
  const b = sources((await cluster.follower('b')).election)
  const names = () => [a.announcer.now().name, b.announcer.now().name]
  expect(names()).toEqual(['a', 'a'])
  cluster.server.faults.add({ status: 500 })
  await cluster.elapse(RENEW_DEADLINE)
  expect(names()).toEqual(['', 'a'])
  expect((await answer('/leader', a)).status).toBe(503)
  await cluster.elapse(LEASE_DURATION - RENEW_DEADLINE)
  expect(names()).toEqual(['', ''])
})

test('a leader that was not heard of for too long is named again once it is heard of: the stream is told, too', async () => {
  await using cluster = await TestCluster.start()
  await cluster.leader('a')
  const { election } = await cluster.follower('b')
  const { announcer } = sources(election)
  const told: string[] = []
  announcer.onChange(({ name }) => told.push(name))
  const cut = cluster.server.faults.partition('b')
  await cluster.elapse(LEASE_DURATION)
  expect(announcer.now().name).toBe('')
  cut.heal()
  await cluster.until(() => election.status().leader === 'a')
  // Nothing is emitted, since the holder is no other one: it is looked at again by itself.
  await new Promise<void>((resolve) => announcer.onChange(() => resolve()))
  expect(told).toEqual(['', 'a'])
})

test('/healthz fails where this process has stood still past its term and its work goes on; /readyz does not', async () => {
  await using cluster = await TestCluster.start()
  const { election, clock } = await cluster.leader('a')
  const asked = sources(election)
  expect((await answer('/healthz', asked)).status).toBe(200)
  clock.pause()
  clock.advance(LEASE_DURATION + 1_000)
  const { status, body } = await answer('/healthz', asked)
  expect({ status, ...JSON.parse(body) }).toEqual({
    status: 503,
    live: false,
    reason: expect.stringContaining('the term of a for the Lease my-app is over for'),
  })
  expect((await answer('/readyz', asked)).status).toBe(200)
  expect((await answer('/', asked)).body).toContain('"name":""')
  clock.resume()
})

test('an election that has failed is not ready', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.leases.put({ metadata: { name: 'my-app' }, spec: { strategy: 'OldestEmulationVersion' } })
  const { election } = cluster.candidate('a')
  const asked = sources(election)
  await expect(election.lead(() => {})).rejects.toThrow('another system')
  expect(await answer('/readyz', asked)).toMatchObject({ status: 503, body: expect.stringContaining('has ended') })
})

/** What keeps this process alive, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
