/** HTTP/1.1 and HTTP/2 on one port: everything works on both. */
import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { LeaderElection } from '../../src/index.ts'
import { startLeaseServer } from '../../src/testing/index.ts'
import { client, LEASES } from './client.ts'
import { authorityOf, transportTo } from './transport.ts'

const lease = (name: string) => ({ metadata: { name }, spec: { holderIdentity: 'a' } })

/** What the server agrees to of what a client offers. */
async function negotiated(url: string, ca: string, ALPNProtocols: string[]): Promise<string | false | null> {
  const { hostname, port } = new URL(url)
  const socket = tls.connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port), ca, ALPNProtocols })
  await once(socket, 'secureConnect')
  socket.destroy()
  return socket.alpnProtocol
}

test('h2 and http/1.1 are offered by ALPN, only http/1.1 where HTTP/2 is off', async () => {
  await using both = await startLeaseServer()
  expect(await negotiated(both.url, authorityOf(both)!, ['h2', 'http/1.1'])).toBe('h2')
  expect(await negotiated(both.url, authorityOf(both)!, ['http/1.1'])).toBe('http/1.1')
  await using one = await startLeaseServer({ http2: false })
  expect(await negotiated(one.url, authorityOf(one)!, ['h2', 'http/1.1'])).toBe('http/1.1')
})

test.each(['127.0.0.1', '::1', 'localhost'])('a server on %s has TLS whose certificate is for it', async (host) => {
  await using server = await startLeaseServer({ host })
  expect(new URL(server.url)).toMatchObject({ protocol: 'https:', hostname: host === '::1' ? '[::1]' : host })
  expect((await client(server).create(lease('x'))).status).toBe(201)
  expect((await client(server, undefined, 'HTTP/2').get('x')).status).toBe(200)
})

test('an election leads on a server at ::1', async () => {
  await using server = await startLeaseServer({ host: '::1' })
  const election = new LeaderElection('x', server.pod('a'))
  await election.becomeLeaderForLife()
  expect(server.leases.get('x')?.spec).toMatchObject({ holderIdentity: 'a' })
  await election.stop()
})

test('plain HTTP is there on request', async () => {
  await using server = await startLeaseServer({ tls: false })
  expect(server.url).toMatch(/^http:/)
  expect((await client(server).create(lease('x'))).status).toBe(201)
})

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
  test('leases are created, patched and deleted; requests tell how they came', async () => {
    await using server = await startLeaseServer()
    const { create, patch, remove, get } = client(server, 'a', protocol)
    expect(await create(lease('x'))).toMatchObject({ status: 201, body: { metadata: { name: 'x' } } })
    expect(await patch('x', { spec: { holderIdentity: 'b' } })).toMatchObject({
      body: { spec: { holderIdentity: 'b' } },
    })
    expect((await remove('x', { preconditions: {} })).status).toBe(200)
    expect((await get('x')).status).toBe(404)
    const version = protocol === 'HTTP/2' ? '2.0' : '1.1'
    expect(server.requests.map((each) => [each.identity, each.verb, each.httpVersion])).toEqual(
      ['create', 'patch', 'delete', 'get'].map((verb) => ['a', verb, version]),
    )
  })

  test('a refusal is a Status, with its warnings and its Retry-After as headers', async () => {
    await using server = await startLeaseServer()
    const { create, get, send } = client(server, 'a', protocol)
    expect(await send('POST', LEASES, '{"metadata":')).toMatchObject({ status: 400, body: { kind: 'Status' } })
    expect(await send('PUT', LEASES, {})).toMatchObject({ status: 405, body: { kind: 'Status' } })
    expect((await create({ ...lease('x'), colour: 'blue' })).headers.get('warning')).toContain('unknown field')
    server.faults.add({ verb: 'get', status: 429, retryAfter: 3, plainText: true })
    const answer = await get('x')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3'])
    expect(answer.body).toMatch(/^too many requests/)
  })

  test('a clock that is ahead, or behind, shows in the Date header of every answer', async () => {
    await using server = await startLeaseServer()
    const { create, get } = client(server, 'a', protocol)
    const behind = async (answer: Promise<{ headers: Headers }>) =>
      (Date.now() - Date.parse((await answer).headers.get('date')!)) / 60_000
    expect(await behind(get('x'))).toBeCloseTo(0, 0)
    server.faults.add({ verb: 'get', clockOffset: -600_000 })
    server.faults.add({ verb: 'create', clockOffset: 600_000 })
    expect(await behind(get('x'))).toBeCloseTo(10, 0)
    expect(await behind(create(lease('x')))).toBeCloseTo(-10, 0)
  })

  test('a request that hangs, and one that is dropped, hinder no other', async () => {
    await using server = await startLeaseServer()
    const { create, get } = client(server, 'a', protocol)
    const hanging = server.faults.add({ verb: 'create', name: 'x', hang: true })
    const dropped = server.faults.add({ verb: 'create', name: 'y', drop: 'response' })
    const lost = ['x', 'y'].map((name) => create(lease(name)).catch((error: Error) => error))
    await expect.poll(() => hanging.hits + dropped.hits).toBe(2)
    expect((await get('x')).status).toBe(404)
    expect((await get('y')).status).toBe(200)
    await server.close()
    for (const each of lost) expect(await each).toBeInstanceOf(Error)
  })

  test('a request is reset before it is carried out, or after it', async () => {
    await using server = await startLeaseServer()
    const { create } = client(server, 'a', protocol)
    server.faults.add({ verb: 'create', name: 'x', reset: true })
    server.faults.add({ verb: 'create', name: 'y', reset: true, afterCommit: true })
    const reset = { code: protocol === 'HTTP/2' ? 'ERR_HTTP2_STREAM_ERROR' : 'ECONNRESET' }
    await expect(create(lease('x'))).rejects.toMatchObject(reset)
    await expect(create(lease('y'))).rejects.toMatchObject(reset)
    expect(server.leases.list().map(({ metadata }) => metadata.name)).toEqual(['y'])
  })

  test('delays before and after the commit, and a client that has gone meanwhile', async () => {
    await using server = await startLeaseServer()
    const { create, send } = client(server, 'a', protocol)
    server.faults.add({ verb: 'create', name: 'x', delay: 20, delayAfterCommit: 20 })
    const startedAt = performance.now()
    expect((await create(lease('x'))).status).toBe(201)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39)
    const fault = server.faults.add({ verb: 'create', name: 'y', delay: 50 })
    const committed = new Promise((resolve) => void server.leases.onChange(resolve))
    const gone = new AbortController()
    const answer = send('POST', LEASES, lease('y'), undefined, { signal: gone.signal })
    await expect.poll(() => fault.hits).toBe(1)
    gone.abort()
    await expect(answer).rejects.toThrow()
    expect(await committed).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'y' } } })
  })

  test('a watch tells changes, falls silent, is cut off in the middle of a line, and ends with its client', async () => {
    await using server = await startLeaseServer()
    const { create, patch, watch } = client(server, 'a', protocol)
    await create(lease('x'))
    const whole = await watch('', (events) => events.length === 2)
    expect(whole.status).toBe(200)
    const silence = server.faults.add({ verb: 'watch', silence: true })
    await patch('x', { spec: { holderIdentity: 'b' } })
    await expect.poll(() => silence.hits).toBe(1)
    silence.remove()
    await patch('x', { spec: { holderIdentity: 'c' } })
    expect((await whole.finished).map(({ object }) => object.spec.holderIdentity)).toEqual(['a', 'c'])
    await expect.poll(() => server.openWatches).toBe(0)
    const cut = await watch('')
    server.faults.add({ verb: 'watch', truncate: true, times: 1 })
    await patch('x', { spec: { holderIdentity: 'd' } })
    expect((await cut.finished).map(({ type }) => type)).toEqual(['ADDED'])
  })

  test('a restart and the end of the server end every connection and every watch', async () => {
    await using server = await startLeaseServer()
    const watched = await client(server, 'a', protocol).watch('')
    await expect.poll(() => server.openWatches).toBe(1)
    await server.restart()
    await watched.finished.catch((error: Error) => error)
    expect([server.openWatches, server.openConnections]).toEqual([0, 0])
    const again = await client(server, 'a', protocol).watch('')
    expect(server.openConnections).toBe(1)
    await server.close()
    await again.finished.catch((error: Error) => error)
    expect([server.openWatches, server.openConnections, server.connections]).toEqual([0, 0, 2])
  })
})

test('with HTTP/2, requests and watches share a connection, and a reset takes only its own stream', async () => {
  await using server = await startLeaseServer()
  const { create, patch, watch, get } = client(server, 'a', 'HTTP/2')
  await create(lease('x'))
  const { finished } = await watch('', (events) => events.length === 2)
  const hanging = server.faults.add({ verb: 'create', name: 'slow', delay: 50, times: 1 })
  const slow = create(lease('slow'))
  await expect.poll(() => hanging.hits).toBe(1)
  server.faults.add({ verb: 'get', reset: true, times: 1 })
  await expect(get('x')).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' })
  expect((await slow).status).toBe(201)
  await patch('x', { spec: { holderIdentity: 'b' } })
  expect((await finished).map(({ type }) => type)).toEqual(['ADDED', 'ADDED'])
  expect([server.connections, server.openConnections]).toEqual([1, 1])
})

test('a connection with HTTP/2 carries 100 requests at once, and no more', async () => {
  await using server = await startLeaseServer()
  const session = http2.connect(server.url, { ca: authorityOf(server)! })
  const [settings] = (await once(session, 'remoteSettings')) as [http2.Settings]
  session.destroy()
  expect(settings.maxConcurrentStreams).toBe(100)
})

test('a watch whose megabytes nobody has read yet keeps no other request from its connection', async () => {
  await using server = await startLeaseServer()
  const annotations = { long: 'x'.repeat(20_000) }
  for (let index = 0; index < 750; index += 1) server.leases.put({ metadata: { name: `x${index}`, annotations } })
  const { token } = server.kubeConfig().getCurrentUser() as { token: string }
  const open = transportTo(server, 'HTTP/2')
  const headers = { Authorization: `Bearer ${token}` }
  const { body } = await open({ method: 'GET', path: `${LEASES}?watch=true`, headers })
  expect((await open({ method: 'GET', path: `${LEASES}/x0`, headers })).status).toBe(200)
  body.destroy()
})

test('half the body of a request that was given up is never taken for the whole', async () => {
  await using server = await startLeaseServer()
  const { token } = server.kubeConfig().getCurrentUser() as { token: string }
  const session = http2.connect(server.url, { ca: authorityOf(server)! })
  session.on('error', () => {})
  const stream = session.request({
    ':method': 'DELETE',
    ':path': LEASES,
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
  })
  stream.on('error', () => {})
  await client(server).create(lease('x'))
  stream.write(' ')
  await new Promise<void>((resolve) => session.ping(() => resolve()))
  stream.close(http2.constants.NGHTTP2_CANCEL)
  await new Promise<void>((resolve) => session.ping(() => resolve()))
  session.destroy()
  expect(server.leases.get('x')).toBeDefined()
})

test.each([
  ['a connection that speaks no TLS', 'GET / HTTP/1.1\r\n\r\n'],
  ['a request that is none', undefined],
])('%s harms nobody else', async (_name, bytes) => {
  await using server = await startLeaseServer()
  const { hostname, port } = new URL(server.url)
  const socket = bytes
    ? net.connect(Number(port), hostname)
    : tls.connect({ host: hostname, port: Number(port), ca: authorityOf(server)!, ALPNProtocols: ['http/1.1'] })
  let answer = ''
  socket
    .on('error', () => {})
    .setEncoding('utf8')
    .on('data', (chunk) => {
      answer += chunk
    })
  socket.end(bytes ?? 'nonsense\r\n\r\n')
  await once(socket, 'close')
  if (!bytes) expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"kind":"Status"/)
  expect((await client(server).create(lease('x'))).status).toBe(201)
  expect((await client(server, undefined, 'HTTP/2').get('x')).status).toBe(200)
})
