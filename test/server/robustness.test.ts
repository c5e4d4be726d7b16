/** Whatever arrives, the server answers with a Status, keeps serving, and loses nothing. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { client, LEASES, MERGE } from './client.ts'

const RUNS = { numRuns: 150 }
const PATCH_TYPES = [
  MERGE,
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const KEPT = { metadata: { name: 'kept' }, spec: { holderIdentity: 'a', leaseTransitions: 3 } }

let server: LeaseServer
let kept: unknown

beforeAll(async () => {
  server = await startLeaseServer({ tls: false }) // bytes are sent as they are
  kept = (await client(server).create(KEPT)).body
})
afterAll(() => server.close())

/** A refusal is a Status; and the Lease of the beginning is still there as it was. */
async function refusesAndKeepsServing(answer: { status: number; body: unknown }): Promise<void> {
  expect(answer).toMatchObject({
    body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: answer.status, message: expect.any(String) },
  })
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(await client(server).get('kept')).toMatchObject({ status: 200, body: kept as object })
}

/** Sends bytes as they are, and reads what comes back until the server closes. */
async function sendRaw(bytes: Uint8Array): Promise<string> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {}) // a reset is as good an end as any
  socket.end(bytes)
  return text(socket).catch(() => '')
}

test('random bytes on the connection are answered with a Status, or with nothing where they are no request', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const answer = await sendRaw(bytes)
      if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4\d\d [\s\S]*"kind":"Status"/)
      expect((await client(server).get('kept')).status).toBe(200)
    }),
    { numRuns: 60 },
  )
})

test('random bytes as a body are a Status error', async () => {
  const { send } = client(server)
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('POST', 'PATCH'),
      async (body, method) => {
        const path = method === 'POST' ? LEASES : `${LEASES}/kept`
        await refusesAndKeepsServing(await send(method, path, body, method === 'POST' ? 'application/json' : MERGE))
      },
    ),
    RUNS,
  )
})

test('truncated JSON is 400, of every patch type too', async () => {
  const { send } = client(server)
  const whole = JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...KEPT })
  const target = fc.constantFrom(
    ['POST', LEASES, 'application/json'],
    ...PATCH_TYPES.slice(0, 3).map((each) => ['PATCH', `${LEASES}/kept`, each]),
  )
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), target, async (length, [method, path, type]) => {
      const answer = await send(method!, path!, whole.slice(0, length), type)
      expect(answer.status).toBe(400)
      await refusesAndKeepsServing(answer)
    }),
    RUNS,
  )
})

test('any JSON in place of a Lease is a Status error, unless it is one', async () => {
  const { send } = client(server)
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.constantFrom(...PATCH_TYPES), async (json, type) => {
      const created = await send('POST', LEASES, JSON.stringify({ metadata: json, spec: json }))
      if (created.status !== 201) await refusesAndKeepsServing(created)
      const path = `${LEASES}/other?fieldManager=me`
      const patched = await send('PATCH', path, JSON.stringify(json), type)
      await refusesAndKeepsServing(patched)
    }),
    RUNS,
  )
})

test('a patch of any shape leaves a Lease that can be read, or is a Status error', async () => {
  const { send, create, get } = client(server)
  await create({ metadata: { name: 'patched' } })
  const field = fc.constantFrom('metadata', 'spec', 'status', 'labels', 'holderIdentity', '__proto__', '$patch', 'name')
  const patch = fc.dictionary(field, fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.jsonValue())))
  await fc.assert(
    fc.asyncProperty(patch, fc.constantFrom(MERGE, PATCH_TYPES[2]!), async (body, type) => {
      const answer = await send('PATCH', `${LEASES}/patched`, JSON.stringify(body), type)
      if (answer.status !== 200) await refusesAndKeepsServing(answer)
      expect(await get('patched')).toMatchObject({
        status: 200,
        body: { kind: 'Lease', metadata: { name: 'patched' } },
      })
    }),
    RUNS,
  )
})

test('a content type that the server does not read is 415', async () => {
  const { send } = client(server)
  const types = fc.constantFrom(
    'text/plain',
    'image/png',
    'application/vnd.kubernetes.protobuf',
    'multipart/form-data',
    '%',
    'a/b;;',
  )
  await fc.assert(
    fc.asyncProperty(types, fc.constantFrom('POST', 'PATCH'), async (type, method) => {
      const answer = await send(method, method === 'POST' ? LEASES : `${LEASES}/kept`, KEPT, type)
      expect(answer.status).toBe(415)
      await refusesAndKeepsServing(answer)
    }),
    { numRuns: 20 },
  )
})

test('absurd paths are a Status error', async () => {
  const { send } = client(server)
  const segment = fc.oneof(
    fc.string({ unit: 'binary' }).map((each) => encodeURIComponent(each.toWellFormed())),
    fc.constantFrom('..', '.', '%00', '%', '%zz', '', 'leases', 'namespaces', 'default', 'a'.repeat(3000)),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(segment, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
      async (segments, method) => {
        const path = `/x-${segments.join('/')}`
        await refusesAndKeepsServing(await send(method, path, method === 'GET' ? undefined : {}))
      },
    ),
    RUNS,
  )
})

test('absurd queries are answered: with a list, a Lease, or a Status error', async () => {
  const { send } = client(server)
  const name = fc.constantFrom(
    'limit',
    'continue',
    'labelSelector',
    'fieldSelector',
    'resourceVersion',
    'resourceVersionMatch',
    'sendInitialEvents',
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary' }).map((each) => each.toWellFormed()),
    fc.integer().map(String),
    fc.constantFrom('true', 'Exact', 'NotOlderThan', 'a in (b', '!', '=', ',', 'eyJ9'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 4 }), async (pairs) => {
      const answer = await send('GET', `${LEASES}?${new URLSearchParams(pairs)}`)
      if (answer.status === 200) expect(answer.body.kind).toBe('LeaseList')
      else expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: answer.status })
      expect(answer.status).not.toBe(500)
    }),
    RUNS,
  )
})

test('a body of 3 MB is read; a larger one is 413, and the connection goes on', async () => {
  const { create } = client(server)
  const lease = (name: string, size: number) => ({ metadata: { name }, spec: { holderIdentity: 'x'.repeat(size) } })
  expect((await create(lease('large', 3_000_000))).status).toBe(201)
  const answer = await create(lease('larger', 3_200_000))
  expect(answer.status).toBe(413)
  await refusesAndKeepsServing(answer)
})

test('JSON nested a hundred thousand deep, and YAML that grows when it is read, are 400', async () => {
  const { send } = client(server)
  await refusesAndKeepsServing(await send('POST', LEASES, '['.repeat(100_000) + ']'.repeat(100_000)))
  await refusesAndKeepsServing(await send('POST', LEASES, `{"spec":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`))
  const levels = [...'bcdefghij'].map((each, index) => {
    const before = String.fromCharCode(each.charCodeAt(0) - 1)
    return `${each}: &${each} [${Array(9)
      .fill(index === 0 ? 'lol' : `*${before}`)
      .join(', ')}]`
  })
  await refusesAndKeepsServing(await send('POST', LEASES, levels.join('\n'), 'application/yaml'))
})

test('headers beyond all measure are 431', async () => {
  const answer = await sendRaw(
    Buffer.from(`GET ${LEASES} HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`),
  )
  expect(answer).toMatch(/^HTTP\/1\.1 431 [\s\S]*"kind":"Status"/)
})

test('CONNECT is 405: nobody is tunnelled anywhere', async () => {
  const answer = await sendRaw(Buffer.from('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'))
  expect(answer).toMatch(/^HTTP\/1\.1 405 [\s\S]*"kind":"Status"/)
})
