/** The sidecar as applications meet it: real processes, asked and listened to over HTTP. */
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../../src/cli/arguments/usage-error.ts'
import { readServeArguments } from '../../src/cli/serve.ts'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { podEnvironment } from '../support/environment.ts'
import {
  amILeader,
  LEASE_DURATION,
  pollAsOnNais,
  RENEW_DEADLINE,
  Subscription,
  startSidecar,
} from '../support/sidecar.ts'

const LEASE = 'my-app'
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

const cluster = async () => {
  const server = await startLeaseServer()
  onTestFinished(() => server.close())
  return server
}
/** A sidecar that leads. */
const leader = async (server: LeaseServer, pod = 'web-1', flags: readonly string[] = []) => {
  const sidecar = await startSidecar(server, pod, flags)
  await sidecar.line(/became the leader/)
  return sidecar
}
const subscribe = (...args: ConstructorParameters<typeof Subscription>) => {
  const subscription = new Subscription(...args)
  onTestFinished(() => subscription.close())
  return subscription
}

describe('what can not be meant is refused', () => {
  test.each([
    [['--http', '4040'], '--http is "4040"; expected HOST:PORT, such as 127.0.0.1:4040, [::1]:4040, or :4040'],
    [['--http', 'localhost:70000'], '--http is "localhost:70000"; expected HOST:PORT'],
    [['--http', '::1:4040'], '--http is "::1:4040"; expected HOST:PORT'],
    [['--max-clients', 'many'], '--max-clients is "many"; expected a whole number.'],
    [['--max-clients', '0'], '--max-clients is "0"; expected at least 1.'],
    [['--pod-label', 'leader'], '--pod-label is "leader"; expected KEY=VALUE, such as leader=true.'],
    [['--pod-label', 'leader=not this'], '--pod-label is "leader=not this": labels["leader"] is "not this"; expected'],
    [['--pod-label', 'leader=true'], "POD_NAME not set: --pod-label is put on this process's pod."],
    [['--interval', '5ms'], '--interval is "5ms"; expected milliseconds from 10'],
  ])('serve %j', (args, message) => {
    expect(() => readServeArguments(['my-app', ...args])).toThrow(UsageError)
    expect(() => readServeArguments(['my-app', ...args])).toThrow(message)
  })

  test.each([
    [[], { host: '127.0.0.1', port: 4040 }],
    [['--http', ':8080'], { host: undefined, port: 8080 }],
    [['--http', '[::1]:4040'], { host: '::1', port: 4040 }],
    [['--http', 'localhost:4040'], { host: 'localhost', port: 4040 }],
  ])('serve %j listens on %j', (args, address) => {
    expect(readServeArguments(['my-app', ...args]).address).toMatchObject(address)
  })

  test('a port that is taken: exit code 2, and what to do', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const http = `127.0.0.1:${(taken.address() as { port: number }).port}`
    const { code, stdout, stderr } = await runCommand(['serve', LEASE, '--http', http])
    expect(stderr[0]).toMatch(/^--http is "127.*", where nothing can listen: .*EADDRINUSE.*Give a free port/)
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] })
  })
})

test('each path answers as it says, and no answer may be kept', async () => {
  const server = await cluster()
  const { url } = await leader(server)
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${url}${path}`, init)
    expect(response.headers.get('cache-control'), path).toBe('no-store')
    const text = await response.text()
    const isJson = text !== '' && response.headers.get('content-type') === 'application/json'
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }
  const said = { status: 200, body: { name: 'web-1', last_update: expect.stringMatching(RFC_3339) } }
  for (const path of ['/', '/?pretty', '/whatever/else', '/leader', '/constructor'])
    expect(await ask(path)).toEqual(said)
  expect(await ask('/healthz')).toEqual({ status: 200, body: { live: true, reason: null } })
  expect(await ask('/readyz')).toEqual({ status: 200, body: { ready: true, reason: null } })
  expect(await ask('/status')).toMatchObject({
    status: 200,
    body: {
      leaseName: LEASE,
      namespace: 'default',
      leader: 'web-1',
      isLeading: true,
      fencingToken: expect.stringMatching(/^\d+$/),
    },
  })
  expect(await ask('/metrics')).toMatchObject({
    status: 200,
    body: expect.stringContaining('master_status{name="my-app"} 1'),
  })
  expect(await ask('/', { method: 'HEAD' })).toEqual({ status: 200, body: '' })
  const refused = await fetch(url, { method: 'POST', body: 'x' })
  expect({ status: refused.status, allow: refused.headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD' })
})

test('it listens before the first election, and while the API server is away; then it follows', async () => {
  const server = await cluster()
  server.faults.add({ status: 503 })
  const sidecar = await startSidecar(server, 'web-1')
  expect(await pollAsOnNais(sidecar.env)).toEqual({ name: '', last_update: expect.stringMatching(RFC_3339) })
  expect((await fetch(`${sidecar.url}/leader`)).status).toBe(503)
  expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200)
  expect((await fetch(`${sidecar.url}/readyz`)).status).toBe(200)
  const subscription = subscribe(sidecar.env)
  await subscription.until(({ name }) => name === '')
  server.faults.clear()
  await subscription.until(({ name }) => name === 'web-1')
})

test('a client of NAIS polls and listens unchanged, through a fail-over', async () => {
  const server = await cluster()
  const a = await leader(server, 'web-1')
  const b = await startSidecar(server, 'web-2')
  const subscription = subscribe(b.env)
  await subscription.until(({ name }) => name === 'web-1')
  expect(await pollAsOnNais(b.env)).toEqual(subscription.told.at(-1))
  expect((await fetch(`${b.url}/leader`)).status).toBe(503)
  a.process.kill('SIGTERM')
  await subscription.until(({ name }) => name === 'web-2')
  expect(await pollAsOnNais(b.env)).toEqual(subscription.told.at(-1))
  // One line for each change, and none twice.
  for (const [index, { name }] of subscription.told.entries()) expect(name).not.toBe(subscription.told[index - 1]?.name)
})

test('a client of the older leader-elector knows host and port only, and compares the name', async () => {
  const server = await cluster()
  const a = await leader(server, 'web-1')
  const b = await startSidecar(server, 'web-2')
  await subscribe(b.env).until(({ name }) => name === 'web-1')
  expect(await amILeader(a.env, 'web-1')).toBe(true)
  expect(await amILeader(b.env, 'web-2')).toBe(false)
  a.process.kill('SIGTERM')
  await b.line(/became the leader/)
  expect(await amILeader(b.env, 'web-2')).toBe(true)
})

test('cut off, no sidecar names anybody past what it knows, neither itself nor the one that it follows', async () => {
  const server = await cluster()
  let renewedAt = 0
  using _ = server.leases.onChange(() => {
    renewedAt = performance.now()
  })
  const sidecars = [await leader(server, 'web-1'), await startSidecar(server, 'web-2')]
  const subscriptions = sidecars.map(({ env }) => subscribe(env))
  for (const subscription of subscriptions) await subscription.until(({ name }) => name === 'web-1')
  server.faults.partition(['web-1', 'web-2'])
  const untilNobody = async ({ url }: { url: string }, within: number) => {
    for (let isNamed = true; isNamed; ) {
      const askedAt = performance.now()
      const { name } = (await (await fetch(url)).json()) as { name: string }
      isNamed = name !== ''
      if (isNamed) expect(askedAt - renewedAt).toBeLessThan(within)
    }
  }
  // What follows counts from when it saw the renewal, which is a little later.
  await Promise.all([untilNobody(sidecars[0]!, RENEW_DEADLINE), untilNobody(sidecars[1]!, LEASE_DURATION + 500)])
  expect((await fetch(`${sidecars[0]!.url}/leader`)).status).toBe(503)
  for (const subscription of subscriptions) await subscription.until(({ name }) => name === '')
  server.faults.clear()
  await subscriptions[1]!.until(({ name }) => name !== '')
})

test('through a fail-over the metrics of two sidecars never name two leaders, and tell what happened', async () => {
  const server = await cluster()
  const a = await leader(server, 'web-1')
  const b = await startSidecar(server, 'web-2')
  await subscribe(b.env).until(({ name }) => name === 'web-1')
  expect(await scrape(a.url)).toMatchObject({
    'leader_election_master_status{name="my-app"}': 1,
    'leader_election_info{name="my-app",namespace="default",leader="web-1",identity="web-1"}': 1,
    'leader_election_terms_total{name="my-app"}': 1,
  })
  await expect
    .poll(() => server.requests.some(({ verb, identity }) => verb === 'patch' && identity === 'web-1'))
    .toBe(true)
  server.faults.add({ from: 'web-1', status: 500 })
  const statusOf = async (url: string) => (await scrape(url))['leader_election_master_status{name="my-app"}']
  // Once the next one has said that it leads, the one that is cut off never says it again.
  for (let hasNext = false; !hasNext; ) {
    hasNext = (await statusOf(b.url)) === 1
    if (hasNext) expect(await statusOf(a.url)).toBe(0)
  }
  const figures = await scrape(a.url)
  expect(figures).toMatchObject({
    'leader_election_losses_total{name="my-app",reason="deadline"}': 1,
    'leader_election_losses_total{name="my-app",reason="takenOver"}': 0,
  })
  expect(figures['leader_election_failures_total{name="my-app",operation="renew"}']).toBeGreaterThan(0)
  expect(figures['leader_election_renewals_total{name="my-app"}']).toBeGreaterThan(0)
  expect(
    figures['leader_election_info{name="my-app",namespace="default",leader="web-1",identity="web-1"}'],
  ).toBeUndefined()
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: the Lease is given back, the streams end in order, exit code 0',
  async (signal) => {
    const server = await cluster()
    const sidecar = await leader(server)
    const subscription = subscribe(sidecar.env)
    await subscription.until(({ name }) => name === 'web-1')
    sidecar.process.kill(signal)
    await subscription.ended
    expect(subscription.told.at(-1)?.name).toBe('')
    expect(await sidecar.exited).toMatchObject({ code: 0, stdout: [] })
    expect(server.leases.get(LEASE)?.spec).toMatchObject({ holderIdentity: '' })
  },
)

test('an API server that refuses for good ends it with exit code 3, told once', async () => {
  const server = await cluster()
  server.faults.add({ verb: 'get', status: 400 })
  const sidecar = await startSidecar(server, 'web-1')
  const { code, stderr } = await sidecar.exited
  expect(code).toBe(3)
  expect(stderr.filter((line) => line.includes('get lease default/my-app: 400'))).toHaveLength(1)
})

test('with --json its events are lines of JSON on stdout, where it listens among them', async () => {
  const server = await cluster()
  const { env, cleanUp } = await podEnvironment(server, 'web-1', LEASE)
  onTestFinished(cleanUp)
  const command = startCommand(['serve', '--json', '--http', '127.0.0.1:0'], env)
  await command.line(/"type":"leading"/)
  expect(JSON.parse(command.stdout[0]!)).toMatchObject({
    type: 'listening',
    isLeading: false,
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
  })
  command.process.kill('SIGTERM')
  expect(await command.exited).toMatchObject({ code: 0, stderr: [] })
})

/** The figures by their names and labels. */
async function scrape(url: string): Promise<Record<string, number>> {
  const response = await fetch(`${url}/metrics`)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const [, figure, value] = /^([a-z_]+\{(?:[a-z_]+="[^"]*",?)+\}) ([\d.e+-]+)$/.exec(line) ?? []
      expect(figure, line).toBeDefined()
      return [figure!, Number(value)]
    }),
  )
}
