/** Whatever arrives, the server answers with a Status, keeps serving, and loses nothing. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { client, LEASES, MERGE } from '../server/client.ts'

const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 150) }
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

/** Refusals that a real server gives as 500 too, without a reason. */
const UNFORESEEN = [
  /^resourceVersion should not be set on objects to be created$/,
  /^strconv.ParseUint: parsing "/,
  /^resourceVersion: Invalid value: /,
  /^unknown patch type: /,
  /^failed to create typed patch object /,
]

/** A refusal is a Status, and on purpose; and the Lease of the beginning is still there as it was. */
async function refusesAndKeepsServing(answer: { status: number; body: unknown }): Promise<void> {
  expect(answer).toMatchObject({
    body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: answer.status, message: expect.any(String) },
  })
  const { reason, message } = answer.body as { reason?: string; message: string }
  const isForeseen = answer.status >= 400 && answer.status < 500
  if (!isForeseen) expect([reason, UNFORESEEN.some((form) => form.test(message)) || message]).toEqual([undefined, true])
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

/** Names that objects have of their own, that patches give a meaning to, and that Leases have. */
const NAMES = [
  ...['constructor', '__proto__', 'toString', 'valueOf', 'toJSON', 'hasOwnProperty', 'prototype', 'length', ''],
  ...['$patch', '$retainKeys', '$setElementOrder/finalizers', '$deleteFromPrimitiveList/finalizers', '$other'],
  ...['apiVersion', 'kind', 'metadata', 'spec', 'status', 'name', 'generateName', 'namespace', 'uid', 'labels'],
  ...['annotations', 'finalizers', 'ownerReferences', 'managedFields', 'resourceVersion', 'creationTimestamp'],
  ...['deletionTimestamp', 'generation', 'holderIdentity', 'leaseDurationSeconds', 'renewTime', 'controller'],
  ...['preconditions', 'propagationPolicy', 'dryRun', 'gracePeriodSeconds', 'orphanDependents', 'resourceAttributes'],
]

/** JSON in the shape of what the API takes, with anything in the place of anything. */
const { hostile } = fc.letrec<{ hostile: unknown }>((tie) => ({
  hostile: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      2 ** 53,
      1e308,
      '',
      'patched',
      'delete',
      'replace',
      'merge',
      'Lease',
    ),
    fc.constantFrom(
      'coordination.k8s.io/v1',
      'a/b/c',
      '2026-11-22T14:03:00.123456Z',
      '2026-99-99T99:99:99.999999Z',
      '1',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.array(tie('hostile'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 3 })), tie('hostile'), { maxKeys: 5 }),
  ),
}))
const metadata = fc.dictionary(fc.constantFrom(...NAMES), hostile, { maxKeys: 4 })
const object = fc.oneof(
  hostile,
  fc.record({ metadata, spec: hostile }, { requiredKeys: [] }),
  fc.record({ apiVersion: hostile, kind: hostile, metadata: hostile, spec: hostile }, { requiredKeys: [] }),
  metadata.map((each) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...each, name: 'patched' },
  })),
)
const segment = fc.oneof(fc.constantFrom(...NAMES, '-', '0', '~0', '~1'), fc.string({ maxLength: 3 }))
const pointer = fc.array(segment, { maxLength: 4 }).map((segments) => segments.map((each) => `/${each}`).join(''))
const operation = fc.record(
  {
    op: fc.oneof(fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'), hostile),
    path: fc.oneof(pointer, hostile),
    from: fc.oneof(pointer, hostile),
    value: hostile,
  },
  { requiredKeys: ['op', 'path'] },
)

/** Where a body can go: method, path, content type, and what it looks like there. */
const DESTINATIONS = [
  ['POST', LEASES, 'application/json', object],
  ['POST', `${LEASES}?fieldValidation=Strict&dryRun=All`, 'application/json', object],
  ['PUT', `${LEASES}/patched`, 'application/json', object],
  ['PATCH', `${LEASES}/patched`, MERGE, object],
  ['PATCH', `${LEASES}/patched`, 'application/strategic-merge-patch+json', object],
  [
    'PATCH',
    `${LEASES}/patched`,
    'application/json-patch+json',
    fc.oneof(fc.array(operation, { maxLength: 3 }), object),
  ],
  ['PATCH', `${LEASES}/patched?fieldManager=me&force=true`, 'application/apply-patch+yaml', object],
  ['DELETE', `${LEASES}/other`, 'application/json', object],
  ['DELETE', `${LEASES}?labelSelector=nobody`, 'application/json', object],
  ['POST', '/api/v1/namespaces/default/events', 'application/json', object],
  ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'application/json', object],
] as const

test.each(DESTINATIONS)(
  '%s %s as %s: whatever is sent, what is stored can be read, or the answer is a Status error',
  async (method, path, type, body) => {
    const { send, create, get } = client(server)
    await fc.assert(
      fc.asyncProperty(body as fc.Arbitrary<unknown>, async (each) => {
        await create({ metadata: { name: 'patched', finalizers: ['example.com/held'] }, spec: { holderIdentity: 'a' } })
        const answer = await send(method, path, JSON.stringify(each), type)
        if (answer.status >= 300) await refusesAndKeepsServing(answer)
        expect(await get('patched')).toMatchObject({
          status: 200,
          body: { kind: 'Lease', metadata: { name: 'patched' } },
        })
        for (const lease of server.leases.list().filter(({ metadata }) => !['kept', 'large'].includes(metadata.name))) {
          server.leases.delete(lease.metadata.name)
        }
      }),
      RUNS,
    )
  },
)

test('a $patch that is no text is refused in the words of a real server', async () => {
  const { create, patch } = client(server)
  await create({ metadata: { name: 'strategic' } })
  const refusal = await patch(
    'strategic',
    { metadata: { $patch: { toString: [] } } },
    'application/strategic-merge-patch+json',
  )
  expect(refusal).toMatchObject({
    status: 500,
    body: { message: 'unknown patch type: map[toString:[]] in map: map[$patch:map[toString:[]]]' },
  })
  expect(refusal.body.reason).toBeUndefined()
})

test('a content type that the server does not read is 415', async () => {
  const { send } = client(server)
  const types = fc.constantFrom('text/plain', 'image/png', 'application/cbor', 'multipart/form-data', '%', 'a/b;;')
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
