/** The embedded server keeps the API server's rules for Leases: status codes, reasons and messages. */
import { expect, test } from 'vitest'
import { startLeaseServer } from '../../src/testing/index.ts'
import { client, LEASES } from './client.ts'

const lease = (name: string, spec: object = { holderIdentity: 'a' }) => ({ metadata: { name }, spec })

test('create answers 201, and 409 AlreadyExists the second time', async () => {
  await using server = await startLeaseServer()
  const { create } = client(server)
  expect(await create(lease('x'))).toMatchObject({
    status: 201,
    body: {
      metadata: {
        name: 'x',
        namespace: 'default',
        uid: expect.any(String),
        resourceVersion: expect.stringMatching(/^\d+$/),
      },
    },
  })
  expect(await create(lease('x'))).toMatchObject({
    status: 409,
    body: { kind: 'Status', reason: 'AlreadyExists', message: 'leases.coordination.k8s.io "x" already exists' },
  })
})

test('a resourceVersion, another name or another namespace in the body of a create or update is 400', async () => {
  await using server = await startLeaseServer()
  const { create, put } = client(server)
  expect(await create({ metadata: { name: 'x', resourceVersion: '1' } })).toMatchObject({
    status: 400,
    body: { reason: 'BadRequest' },
  })
  expect(await create({ metadata: { name: 'x', namespace: 'other' } })).toMatchObject({ status: 400 })
  expect(await put('x', lease('y'))).toMatchObject({ status: 400 })
})

test('an absent lease is 404 for get, patch and delete', async () => {
  await using server = await startLeaseServer()
  const { get, patch, remove } = client(server)
  const message = 'leases.coordination.k8s.io "x" not found'
  expect(await get('x')).toMatchObject({
    status: 404,
    body: { reason: 'NotFound', message, details: { kind: 'leases' } },
  })
  expect(await patch('x', {})).toMatchObject({ status: 404, body: { message } })
  expect(await remove('x')).toMatchObject({ status: 404, body: { message } })
})

test('a merge patch with a stale resourceVersion is 409 Conflict, without one it is unconditional', async () => {
  await using server = await startLeaseServer()
  const { create, patch } = client(server)
  const { body: created } = await create(lease('x'))
  const { resourceVersion } = created.metadata
  const renewed = await patch('x', { metadata: { resourceVersion }, spec: { leaseTransitions: 1 } })
  expect(renewed.status).toBe(200)
  expect(BigInt(renewed.body.metadata.resourceVersion)).toBeGreaterThan(BigInt(resourceVersion))
  expect(await patch('x', { metadata: { resourceVersion }, spec: { leaseTransitions: 2 } })).toMatchObject({
    status: 409,
    body: {
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on leases.coordination.k8s.io "x": the object has been modified; please apply your ' +
        'changes to the latest version and try again',
    },
  })
  expect(await patch('x', { spec: { leaseTransitions: 3 } })).toMatchObject({
    status: 200,
    body: { spec: { leaseTransitions: 3 } },
  })
})

test('a changed uid is 422, but a stale resourceVersion is found first; a null resourceVersion is 422', async () => {
  await using server = await startLeaseServer()
  const { create, patch } = client(server)
  await create(lease('x'))
  expect(await patch('x', { metadata: { uid: 'another' } })).toMatchObject({ status: 422, body: { reason: 'Invalid' } })
  expect(await patch('x', { metadata: { uid: 'another', resourceVersion: '1' } })).toMatchObject({ status: 409 })
  expect(await patch('x', { metadata: { resourceVersion: null } })).toMatchObject({ status: 422 })
})

test('null in a merge patch removes a field', async () => {
  await using server = await startLeaseServer()
  const { create, patch } = client(server)
  await create({
    metadata: { name: 'x', annotations: { a: '1', b: '2' } },
    spec: { holderIdentity: 'a', leaseTransitions: 1 },
  })
  const { body } = await patch('x', { metadata: { annotations: { a: null } }, spec: { holderIdentity: null } })
  expect(body.metadata.annotations).toEqual({ b: '2' })
  expect(body.spec).toEqual({ leaseTransitions: 1 })
})

test('a json-patch whose test fails is 422, a malformed one 400; an unknown patch type is 415', async () => {
  await using server = await startLeaseServer()
  const { create, patch } = client(server)
  await create(lease('x'))
  const json = 'application/json-patch+json'
  expect(await patch('x', [{ op: 'replace', path: '/spec/holderIdentity', value: 'b' }], json)).toMatchObject({
    status: 200,
    body: { spec: { holderIdentity: 'b' } },
  })
  expect(await patch('x', [{ op: 'test', path: '/spec/holderIdentity', value: 'a' }], json)).toMatchObject({
    status: 422,
  })
  expect(await patch('x', { op: 'test' }, json)).toMatchObject({ status: 400 })
  expect(await patch('x', {}, 'application/json')).toMatchObject({
    status: 415,
    body: { reason: 'UnsupportedMediaType' },
  })
})

test('an update needs the current resourceVersion; on an absent lease it creates, unless the body carries a uid', async () => {
  await using server = await startLeaseServer()
  const { put, get } = client(server)
  const created = await put('x', lease('x'))
  expect(created.status).toBe(201)
  expect(await put('x', lease('x'))).toMatchObject({ status: 422 })
  expect(
    await put('x', { ...created.body, metadata: { ...created.body.metadata, resourceVersion: '1' } }),
  ).toMatchObject({ status: 409 })
  const same = await put('x', created.body)
  expect(same.status).toBe(200)
  expect(same.body.metadata.resourceVersion).toBe((await get('x')).body.metadata.resourceVersion)
  expect(same.body.metadata.resourceVersion).toBe(created.body.metadata.resourceVersion)
  expect(await put('y', { metadata: { name: 'y', uid: 'u' } })).toMatchObject({
    status: 409,
    body: { reason: 'Conflict' },
  })
})

test('delete answers what it deleted, and 409 where a precondition does not hold', async () => {
  await using server = await startLeaseServer()
  const { create, remove } = client(server)
  const { uid, resourceVersion } = (await create(lease('x'))).body.metadata
  expect(await remove('x', { preconditions: { uid: 'another' } })).toMatchObject({ status: 409 })
  expect(await remove('x', { preconditions: { uid, resourceVersion: '1' } })).toMatchObject({ status: 409 })
  expect(await remove('x', { preconditions: { uid, resourceVersion } })).toMatchObject({
    status: 200,
    body: {
      kind: 'Status',
      status: 'Success',
      details: { name: 'x', group: 'coordination.k8s.io', kind: 'leases', uid },
    },
  })
})

test.each([
  ['three fractional digits', { renewTime: '2026-11-22T14:03:00.123Z' }, 400],
  ['nine fractional digits', { renewTime: '2026-11-22T14:03:00.123456789Z' }, 400],
  ['six fractional digits', { renewTime: '2026-11-22T14:03:00.123456Z' }, 201],
  ['no time at all', { renewTime: null }, 201],
  ['a duration of zero', { leaseDurationSeconds: 0 }, 422],
  ['a duration with a fraction', { leaseDurationSeconds: 1.5 }, 400],
  ['a duration of text', { leaseDurationSeconds: '15' }, 400],
  ['negative transitions', { leaseTransitions: -1 }, 422],
  ['nobody as holder', { holderIdentity: '' }, 201],
  ['a number as holder', { holderIdentity: 7 }, 400],
  ['a preferred holder without a strategy', { preferredHolder: 'a' }, 422],
])('a spec with %s', async (_name, spec, status) => {
  await using server = await startLeaseServer()
  expect((await client(server).create(lease('x', spec))).status).toBe(status)
})

test.each([
  ['no name', {}],
  ['a name in capitals', { name: 'My-App' }],
  ['an owner without uid', { name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a' }] }],
])('metadata with %s is 422', async (_name, metadata) => {
  await using server = await startLeaseServer()
  expect(await client(server).create({ metadata })).toMatchObject({ status: 422, body: { reason: 'Invalid' } })
})

test('a token that is missing, unknown or rotated is 401', async () => {
  await using server = await startLeaseServer()
  const before = client(server, 'a')
  expect((await before.get('x')).status).toBe(404)
  server.rotateToken('a')
  expect(await before.get('x')).toMatchObject({
    status: 401,
    body: { reason: 'Unauthorized', message: 'Unauthorized' },
  })
  expect((await client(server, 'a').get('x')).status).toBe(404)
  expect((await fetch(`${server.url}${LEASES}`)).status).toBe(401)
})

test('paths that nobody serves are 404, methods that they do not have 405, too large a body 413', async () => {
  await using server = await startLeaseServer()
  const { send } = client(server)
  expect(await send('GET', '/apis/coordination.k8s.io/v2')).toMatchObject({ status: 404, body: { kind: 'Status' } })
  expect(await send('GET', '/%E0%A4%A')).toMatchObject({ status: 404, body: { kind: 'Status' } })
  expect(await send('PUT', LEASES, {})).toMatchObject({ status: 405, body: { reason: 'MethodNotAllowed' } })
  expect(await send('POST', LEASES, `"${'x'.repeat(4 * 1024 * 1024)}"`)).toMatchObject({ status: 413 })
  expect(await send('POST', LEASES, '{"metadata":')).toMatchObject({ status: 400, body: { reason: 'BadRequest' } })
  expect((await send('GET', LEASES)).status).toBe(200)
})

test("a lease goes with the pod that owns it, unless the pod's uid is another or the pod only terminates", async () => {
  await using server = await startLeaseServer()
  const { create, get } = client(server)
  const { owner } = server.pod('a')
  await create({ metadata: { name: 'owned', ownerReferences: [owner] } })
  await create({ metadata: { name: 'shared', ownerReferences: [owner, server.pod('b').owner] } })
  server.terminatePod('a')
  await new Promise(setImmediate)
  expect((await get('owned')).status).toBe(200)
  server.deletePod('a')
  await expect.poll(async () => (await get('owned')).status).toBe(404)
  expect((await get('shared')).body.metadata.ownerReferences).toEqual([server.pod('b').owner])
  await create({ metadata: { name: 'stale', ownerReferences: [owner] } }) // a pod of that name and another uid may come
  server.pod('a')
  await expect.poll(async () => (await get('stale')).status).toBe(404)
})
