/** The viewer: shows any machine as it is, to pages of this machine only, and nothing that is secret. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createActor, fromPromise, setup } from 'xstate'
import { wordsOf } from '../src/viewer/chart.ts'
import { Gate } from '../src/viewer/gate.ts'
import { attachViewer, type ViewerOptions, type ViewerSource } from '../src/viewer/index.ts'
import type { Inspected, Present, Session } from '../src/viewer/model/inspected.ts'
import { Sessions } from '../src/viewer/model/sessions.ts'
import { ActionRefused, PageServer } from '../src/viewer/page-server.ts'
import { plain } from '../src/viewer/plain.ts'
import { LEASE, TestCluster } from './support/cluster.ts'
import { ask, headersOfPage, openStream, type PageStream } from './support/page-client.ts'
import { collectUncaught } from './support/uncaught.ts'

async function view(source?: ViewerSource, options?: ViewerOptions) {
  const viewer = await attachViewer(source, options)
  onTestFinished(() => viewer.close())
  return viewer
}

/** What a page knows that was told this. */
function sessionsOf({ messages }: PageStream): readonly Session[] {
  const [state, ...changes] = messages
  const sessions = new Sessions(state!.data.sessions as Session[])
  for (const { type, data } of changes) if (type === 'inspected') sessions.note(data as never as Inspected)
  return sessions.all
}

/** Of a message about a snapshot. */
function presentOf(data: object): Partial<Present> | undefined {
  return (data as { present?: Present }).present
}

const lights = setup({ delays: { wait: 60_000 } }).createMachine({
  id: 'lights',
  initial: 'green',
  context: { cycles: 2n },
  states: {
    green: { description: 'go', on: { next: 'yellow' } },
    yellow: { after: { wait: 'red' }, on: { next: 'red' } },
    red: {
      type: 'parallel',
      states: { cars: { initial: 'halted', states: { halted: {}, towed: {} } }, people: {} },
      on: { off: 'dark' },
    },
    dark: { type: 'final' },
  },
})

test('a machine that has nothing to do with elections is drawn from its definition, and lit where it is', async () => {
  const actor = createActor(lights).start()
  const { url } = await view(actor, { name: 'crossing' })
  const page = await openStream(url)
  actor.send({ type: 'next' })
  await page.first(({ data }) => presentOf(data)?.value === 'yellow')
  const [yellow] = sessionsOf(page)
  expect(yellow).toMatchObject({ process: 'crossing', name: 'lights', present: { status: 'active', value: 'yellow' } })
  expect(yellow!.chart.states.map(({ key, type }) => [key, type])).toEqual([
    ['green', 'atomic'],
    ['yellow', 'atomic'],
    ['red', 'parallel'],
    ['dark', 'final'],
  ])
  expect(yellow!.steps).toMatchObject([{ event: 'next', from: 'lights.green', to: ['lights.yellow'] }])
  expect(yellow!.present.timers).toMatchObject([{ event: 'after wait' }])
  expect(yellow!.present.timers[0]!.dueAt - Date.now()).toBeGreaterThan(50_000)
  actor.send({ type: 'next' })
  actor.send({ type: 'off' })
  await page.first(({ data }) => presentOf(data)?.status === 'done')
  expect(sessionsOf(page)[0]!.steps.map(({ to }) => to)).toEqual([['lights.yellow'], ['lights.red'], ['lights.dark']])
  expect(sessionsOf(page)[0]!.received.map(({ event }) => event)).toEqual([
    { type: 'next' },
    { type: 'next' },
    { type: 'off' },
  ])
})

test('a page that is opened late knows all that one knows that was there from the start', async () => {
  const actor = createActor(lights).start()
  const { url } = await view(actor)
  const early = await openStream(url)
  actor.send({ type: 'next' })
  actor.send({ type: 'next' })
  await early.first(({ data }) => typeof presentOf(data)?.value === 'object')
  const late = await openStream(url)
  expect(late.messages).toHaveLength(1)
  expect(sessionsOf(late)).toEqual(sessionsOf(early))
  expect(sessionsOf(late)[0]!.present.value).toEqual({ red: { cars: 'halted', people: {} } })
})

test('machines that a machine starts are shown as its own, also those that ran before; what is stopped says so', async () => {
  const parent = setup({ actors: { child: lights, other: fromPromise(() => new Promise(() => {})) } }).createMachine({
    id: 'crossing',
    initial: 'on',
    states: {
      on: { invoke: [{ id: 'north', src: 'child' }, { src: 'other' }], on: { again: { target: 'on', reenter: true } } },
    },
  })
  const actor = createActor(parent).start()
  const { url } = await view(actor)
  const page = await openStream(url)
  const [crossing, north] = sessionsOf(page)
  expect([crossing!.name, crossing!.parent]).toEqual(['crossing', undefined])
  expect([north!.name, north!.parent, north!.chart.id]).toEqual(['north', crossing!.key, 'lights'])
  expect(crossing!.present.children).toHaveLength(2)
  actor.send({ type: 'again' })
  await page.first(({ type, data }) => type === 'inspected' && (data as never as Inspected).type === 'session')
  actor.stop()
  await page.first(({ data }) => data.key === crossing!.key && presentOf(data)?.status === 'stopped')
  expect(sessionsOf(page).map(({ name, present }) => [name, present.status])).toEqual([
    ['crossing', 'stopped'],
    ['north', 'stopped'],
    ['north', 'stopped'],
  ])
})

test('a machine that throws is shown as ended, with the error; of what has ended, what ended first is forgotten', async () => {
  const broken = setup({ actors: { child: lights } }).createMachine({
    id: 'broken',
    invoke: { id: 'child', src: 'child' },
    initial: 'on',
    states: {
      on: {
        on: {
          again: { target: '#broken', reenter: true },
          act: {
            actions: () => {
              throw new Error('in an action')
            },
          },
          ask: {
            guard: () => {
              throw new Error('in a guard')
            },
          },
        },
      },
    },
  })
  for (const [type, message] of [
    ['act', 'in an action'],
    ['ask', 'in a guard'],
  ] as const) {
    const actor = createActor(broken)
    actor.subscribe({ error: () => {} })
    const { url, attach } = await view()
    attach(actor.start())
    const page = await openStream(url)
    for (let count = 0; count < 15; count += 1) actor.send({ type: 'again' })
    actor.send({ type })
    actor.send({ type })
    await page.first(({ data }) => presentOf(data)?.status === 'error')
    const ended = sessionsOf(page).filter(({ present }) => present.status !== 'active')
    expect(ended).toHaveLength(12)
    expect(ended[0]).toMatchObject({ name: 'broken', present: { status: 'error' } })
    expect(JSON.stringify(ended[0]!.present.outcome)).toContain(message)
  }
})

test('an inspector given to `createActor` shows its machine from the first moment', async () => {
  const viewer = await view()
  const page = await openStream(viewer.url)
  const actor = createActor(lights, { inspect: viewer.inspect })
  viewer.attach(actor) // in both ways: it is told once all the same
  actor.start()
  actor.send({ type: 'next' })
  await page.first(({ data }) => presentOf(data)?.value === 'yellow')
  expect(sessionsOf(page)).toMatchObject([{ name: 'lights', present: { value: 'yellow', context: { cycles: '2' } } }])
  expect(sessionsOf(page)[0]!.steps).toHaveLength(1)
})

test('an election is shown that begins later, and in the middle of one that has begun; and nothing is shown after the end', async () => {
  await using cluster = await TestCluster.start()
  const before = cluster.candidate('a')
  const viewer = await view(before.election)
  const page = await openStream(viewer.url)
  before.election
    .lead(({ signal }) => new Promise<void>((end) => signal.addEventListener('abort', () => end())))
    .catch(() => {})
  await cluster.until(() => before.election.isLeading())
  const b = await cluster.follower('b')
  viewer.attach(b.election)
  await page.first(({ data }) =>
    (data.session as { name?: unknown; key?: unknown } | undefined)?.key?.toString().endsWith('/2'),
  )
  const [a, late] = sessionsOf(page)
  expect(a).toMatchObject({
    name: 'election',
    present: { value: { leading: { renewal: 'holding', duty: 'serving' } } },
  })
  expect(a!.chart.states.map(({ key }) => key)).toContain('observing')
  expect(late!.name).toBe('election 2')
  expect(late!.present).toMatchObject({ value: { observing: 'following' }, context: { leader: 'a' } })
  const timers = late!.present.timers.map(({ event }) => event)
  expect(timers).toEqual(expect.arrayContaining(['after leaseExpiry', 'after pollInterval']))
  await viewer.close()
  await page.ended
  const told = page.messages.length
  await cluster.elapse(5_000)
  expect(before.election.isLeading()).toBe(true)
  expect(page.messages).toHaveLength(told)
  await expect(ask(viewer.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await viewer.close() // as often as one likes
})

test('an inspector hears of an election until it is taken away; one that throws harms nobody', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const heard: string[] = []
  const stop = a.election.inspect(({ type }) => heard.push(type))
  expect(heard).toEqual(['@xstate.actor'])
  await cluster.elapse(3_000)
  expect(heard).toEqual(expect.arrayContaining(['@xstate.event', '@xstate.microstep', '@xstate.snapshot']))
  stop()
  heard.length = 0
  await cluster.elapse(3_000)
  expect(heard).toEqual([])
  using uncaught = collectUncaught()
  const error = new Error('the inspector is broken')
  const stopThrowing = a.election.inspect(() => {
    throw error
  })
  await cluster.elapse(3_000)
  stopThrowing()
  expect(new Set(uncaught.errors)).toEqual(new Set([error]))
  expect(a.election.isLeading()).toBe(true)
  expect(() => a.election.inspect('none' as never)).toThrow('the inspector is "none"; expected a function.')
})

test('every event of a whole tour is JSON, and holds no secret; errors and bigints are text', async () => {
  await using cluster = await TestCluster.start()
  const { url, inspect } = await view()
  const page = await openStream(url)
  const a = await cluster.leader('a', { inspect })
  const b = await cluster.follower('b', { inspect })
  cluster.server.faults.add({ from: 'a', verb: 'patch', status: 503, times: 1 })
  await cluster.elapse(10_000)
  const partition = cluster.server.faults.partition('a')
  await cluster.until(() => b.work.terms.length === 1)
  partition.heal()
  cluster.server.rotateToken('a')
  await cluster.elapse(5_000)
  cluster.server.faults.add({ from: 'b', status: 403, times: 2 })
  cluster.server.leases.delete(LEASE)
  await cluster.until(() => a.work.terms.length + b.work.terms.length >= 3)
  await Promise.all([a.election.stop(), b.election.stop(), cluster.elapse(20_000)])
  await page.first(({ data }) => JSON.stringify(data).includes('"released"'))
  const whole = JSON.stringify(page.messages)
  for (const told of ['observing', 'claiming', 'renewing', 'deposed', 'releasing'])
    expect(whole.includes(told), told).toBe(true)
  expect(whole.includes(`"fencingToken":"${a.work.terms[0]!.fencingToken}"`)).toBe(true)
  expect(whole.match(/"error":\{"name":"TransientApiError","message":"[^"]*503/)).not.toBeNull()
  const users = ['a', 'b'].map((pod) => cluster.server.kubeConfig(pod).getCurrentUser()!.token!)
  const secrets = [...users, 'Bearer', 'BEGIN CERTIFICATE', 'certificate-authority', 'authorization']
  for (const secret of secrets) expect(whole.includes(secret), secret).toBe(false)
})

test('pages are told the time again and again: their machine may have slept', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const viewer = await view()
  const page = await openStream(viewer.url)
  vi.setSystemTime(Date.now() + 3_600_000)
  vi.advanceTimersByTime(5_000)
  expect((await page.first(({ type }) => type === 'time')).data).toEqual({ now: Date.now() })
  await viewer.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('at port 80 browsers leave the port out', () => {
  const gate = new Gate(80)
  expect(gate.refuse({ host: '127.0.0.1', origin: 'http://127.0.0.1' }, false)).toBeUndefined()
  expect(gate.refuse({ host: '127.0.0.1', origin: 'http://127.0.0.1:81' }, false)).toMatchObject({ status: 403 })
  // Another site's page may open its address, but takes none of its streams.
  const foreign = { host: '127.0.0.1', 'sec-fetch-site': 'cross-site' }
  expect(gate.refuse({ ...foreign, 'sec-fetch-mode': 'navigate' }, false)).toBeUndefined()
  expect(gate.refuse({ ...foreign, 'sec-fetch-mode': 'no-cors' }, false)).toMatchObject({ status: 403 })
})

test('a page that does not read is cut off, rather than kept waiting for in memory; the others go on', async () => {
  const actor = createActor(lights).start()
  const { url } = await view(actor)
  const other = await openStream(url)
  const slow = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void slow.destroy())
  slow.write(`GET /events HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`)
  await once(slow, 'readable')
  const large = Array.from({ length: 60 }, () => 'x'.repeat(600))
  for (let count = 0; count < 600; count += 1) {
    actor.send({ type: 'next', large } as never)
    await new Promise(setImmediate) // the other one reads
  }
  const closed = once(slow, 'close')
  slow.resume()
  await closed
  actor.send({ type: 'last' } as never)
  await other.first(({ data }) => JSON.stringify(data).includes('"last"'))
})

test.each([
  ['xstate.after.1000.lights.green', 'after 1000 ms'],
  ['xstate.after.wait.lights.yellow', 'after wait'],
  ['xstate.done.actor.0.lights.red', 'lights.red done'],
  ['xstate.error.actor.renew', 'renew failed'],
  ['xstate.done.state.lights.red', 'lights.red done'],
  ['xstate.init', 'init'],
  ['', 'at once'],
  ['next', 'next'],
])('the event %j is told as %j', (type, words) => {
  expect(wordsOf(type)).toBe(words)
})

test('whatever a machine holds becomes plain JSON: what is circular, throws, is long or looks like a secret too', () => {
  const circular: Record<string, unknown> = { name: 'a' }
  circular.self = circular
  const error = new TypeError('broken', { cause: new Error('by Bearer abcdefghijkl') })
  const value = {
    circular,
    error,
    token: 'tok',
    fencingToken: 7n,
    apiKey: 'k',
    clientKeyData: 'k',
    text: `jwt ${'eyJhbGciOiJub25lIn0'}.e30.x and -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----`,
    long: 'x'.repeat(2_000),
    many: Array.from({ length: 100 }, (_, index) => index),
    map: new Map([['one', 1]]),
    bytes: new Uint8Array(9),
    date: new Date(0),
    nothing: undefined,
    act: () => {},
    infinite: Number.POSITIVE_INFINITY,
    get lazy(): never {
      throw new Error('not yet')
    },
  }
  const { long, many, ...shown } = plain(value) as { long: string; many: unknown[] }
  expect(long.length).toBeLessThan(700)
  expect(many.at(-1)).toBe('… and 40 more')
  expect(shown).toEqual({
    circular: { name: 'a', self: '(circular)' },
    error: { name: 'TypeError', message: 'broken', cause: { name: 'Error', message: 'by (not shown)' } },
    token: '(not shown)',
    fencingToken: '7',
    apiKey: '(not shown)',
    clientKeyData: '(not shown)',
    text: 'jwt (not shown) and (not shown)',
    map: [['one', 1]],
    bytes: '9 bytes',
    date: '1970-01-01T00:00:00.000Z',
    infinite: 'Infinity',
    lazy: "(can't be read: not yet)",
  })
})

test('what is secret is known by its name however that is written, and by its form', () => {
  const names = ['keyData', 'client-key-data', 'x-api-key', 'GITHUB_TOKEN', 'authToken', 'DB_PASS', 'tokens', 'Cookie']
  const shown = ['fencingToken', 'fencing_token', 'tokenCount', 'keyFile', 'bypass', 'passed']
  const hidden = Object.fromEntries(names.map((name) => [name, '(not shown)']))
  const told = Object.fromEntries(shown.map((name) => [name, 'told']))
  const given = Object.fromEntries([...names, ...shown].map((name) => [name, 'told']))
  expect(plain(given)).toEqual({ ...hidden, ...told })
  expect(plain(new Map(Object.entries(given)))).toEqual(Object.entries({ ...hidden, ...told }))
  expect(plain(new URL('https://me:pw@host/?a=1&access_token=abc#b'))).toBe(
    'https://(not shown)@host/?a=1&access_token=(not shown)#b',
  )
  expect(plain(btoa('-----BEGIN EC PRIVATE KEY-----'))).toBe('(not shown)')
})

test('what is large is cut as a whole, in no time; what can not be read harms nobody', () => {
  const wide = (depth: number): unknown => (depth === 0 ? 'x' : Array.from({ length: 20 }, () => wide(depth - 1)))
  const text = JSON.stringify(plain({ before: 1, wide: wide(4), after: 2 }))
  expect(text.length).toBeLessThan(200_000)
  expect(text).toMatch(/^\{"before":1,"wide":.*"after":"…"\}$/)
  expect(plain('x'.repeat(10_000_000))).toMatch(/^x{600}… \(10000000 characters\)$/)
  const odd = Object.assign(new Error('lost'), { name: undefined, message: { of: 'another library' } })
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  expect(plain(odd)).toEqual({ name: 'undefined', message: '[object Object]' })
  expect(plain(proxy)).toMatch(/^\(can't be read: /)
  expect(plain([1, proxy])).toEqual([1, expect.stringMatching(/^\(can't be read: /)])
})

test.each([
  [
    'from another site, by its Origin',
    { origin: 'http://evil.example' },
    403,
    /^Origin is "http:\/\/evil\.example"; expected/,
  ],
  [
    'under another name that leads here (DNS rebinding)',
    { host: 'evil.example' },
    403,
    /^Host is "evil\.example"; expected/,
  ],
])('nothing is shown to a request %s', async (_, headers, status, message) => {
  const { url } = await view(createActor(lights).start())
  for (const path of ['', 'events', 'page.js']) {
    const answer = await ask(`${url}${path}`, { headers })
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(message)])
    expect(answer.text).not.toContain('lights')
  }
})

test.each(['//', '/\\\\:', '*', '/%'])('a request for %s harms nobody, from wherever it comes', async (target) => {
  const { url } = await view()
  const { port, host } = new URL(url)
  for (const [from, status] of [
    ['evil.example', 403],
    [host, 404],
  ] as const) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${from}\r\nConnection: close\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toContain(`HTTP/1.1 ${status} `)
    socket.destroy()
  }
  expect(await ask(url)).toMatchObject({ status: 200 })
})

test('an action is let in by Host, Origin, token and content type together; the viewer has none', async () => {
  const { url } = await view()
  const own = await headersOfPage(url)
  const post = (headers: Record<string, string>) => ask(`${url}action`, { method: 'POST', headers, body: '{}' })
  const { origin: _, ...withoutOrigin } = own
  expect((await post(withoutOrigin)).text).toMatch(/^Origin is ""; expected http:\/\/127/)
  expect((await post({ ...own, origin: 'null' })).text).toMatch(/^Origin is "null"/)
  expect((await post({ ...own, host: 'localhost:1' })).text).toMatch(/^Host is "localhost:1"/)
  expect((await post({ ...own, 'x-page-token': 'x' })).text).toMatch(/^x-page-token is not this page's token/)
  expect(await post({ ...own, 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
  expect(await post(own)).toMatchObject({ status: 409, text: 'this page shows only: nothing can be done from it.' })
})

test('an action is done as it was sent; what is no JSON, too long, or can not be done is refused with why', async () => {
  const actions: unknown[] = []
  const server = await PageServer.start({
    title: 'x',
    source: { script: '', style: '' },
    port: 0,
    now: () => 0,
    state: () => ({}),
    act: (action) => {
      if (action === 'impossible') throw new ActionRefused('not now.')
      if (action === 'broken') throw new TypeError('a mistake')
      actions.push(action)
    },
  })
  onTestFinished(() => server.close())
  const headers = await headersOfPage(server.url)
  const post = (body: string) => ask(`${server.url}action`, { method: 'POST', headers, body })
  expect(await post('{"action":"stop","target":"web-1"}')).toMatchObject({ status: 204 })
  expect(await post('{')).toMatchObject({ status: 409, text: 'the action is "{"; expected JSON.' })
  expect(await post(`"${'x'.repeat(10_000)}"`)).toMatchObject({
    status: 409,
    text: expect.stringContaining('longer than'),
  })
  expect(await post('"impossible"')).toMatchObject({ status: 409, text: 'not now.' })
  expect(await post('"broken"')).toMatchObject({ status: 500 })
  expect(actions).toEqual([{ action: 'stop', target: 'web-1' }])
})

test('the page loads nothing of anybody else, and is served on the loopback address only', async () => {
  const { url } = await view()
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  const page = await ask(url)
  expect(page.headers['content-security-policy']).toMatch(/default-src 'none'/)
  const files = await Promise.all(['page.js', 'page.css'].map((path) => ask(`${url}${path}`)))
  for (const { status, text } of [page, ...files]) {
    expect(status).toBe(200)
    expect(text).not.toMatch(/(https?:)?\/\/[a-z0-9-]+\.[a-z]/i)
  }
  expect(await ask(`${url}elsewhere`)).toMatchObject({ status: 404 })
})

test('wrong options, a port that is taken, and production are refused', async () => {
  const { url } = await view()
  const { port } = new URL(url)
  await expect(attachViewer(undefined, { port: Number(port) })).rejects.toThrow(
    `port is ${port}, on which the page can't be served`,
  )
  await expect(attachViewer(undefined, { port: 70_000 })).rejects.toThrow(
    'port is 70000; expected a whole number from 0 to 65535',
  )
  await expect(attachViewer({} as never)).rejects.toThrow(/^the source is neither an actor/)
  vi.stubEnv('NODE_ENV', 'production')
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(attachViewer()).rejects.toThrow('NODE_ENV is production; the viewer is for development only')
})
