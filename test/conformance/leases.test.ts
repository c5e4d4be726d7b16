/** The facts about Leases that the election is built on, as tests that run against any API server: see `target.ts`. */
import { expect, test } from 'vitest'
import { connectTarget } from './target.ts'

const lease = (name: string, spec: object = { holderIdentity: 'a' }) => ({ metadata: { name }, spec })

test('create answers 201, and 409 AlreadyExists the second time', async () => {
  await using target = await connectTarget()
  const { create } = target
  expect(await create(lease('x'))).toMatchObject({
    status: 201,
    body: {
      metadata: {
        name: 'x',
        namespace: target.namespace,
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
  await using target = await connectTarget()
  const { create, put } = target
  expect(await create({ metadata: { name: 'x', resourceVersion: '1' } })).toMatchObject({
    status: 400,
    body: { reason: 'BadRequest' },
  })
  expect(await create({ metadata: { name: 'x', namespace: 'other' } })).toMatchObject({ status: 400 })
  expect(await put('x', lease('y'))).toMatchObject({ status: 400 })
})

test('an absent lease is 404 for get, patch and delete', async () => {
  await using target = await connectTarget()
  const { get, patch, remove } = target
  const message = 'leases.coordination.k8s.io "x" not found'
  expect(await get('x')).toMatchObject({
    status: 404,
    body: { reason: 'NotFound', message, details: { kind: 'leases' } },
  })
  expect(await patch('x', {})).toMatchObject({ status: 404, body: { message } })
  expect(await remove('x')).toMatchObject({ status: 404, body: { message } })
})

test('a merge patch with a stale resourceVersion is 409 Conflict, without one it is unconditional', async () => {
  await using target = await connectTarget()
  const { create, patch } = target
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
  await using target = await connectTarget()
  const { create, patch } = target
  await create(lease('x'))
  expect(await patch('x', { metadata: { uid: 'another' } })).toMatchObject({ status: 422, body: { reason: 'Invalid' } })
  expect(await patch('x', { metadata: { uid: 'another', resourceVersion: '1' } })).toMatchObject({ status: 409 })
  expect(await patch('x', { metadata: { resourceVersion: null } })).toMatchObject({ status: 422 })
})

test('null in a merge patch removes a field', async () => {
  await using target = await connectTarget()
  const { create, patch } = target
  await create({
    metadata: { name: 'x', annotations: { a: '1', b: '2' } },
    spec: { holderIdentity: 'a', leaseTransitions: 1 },
  })
  const { body } = await patch('x', { metadata: { annotations: { a: null } }, spec: { holderIdentity: null } })
  expect(body.metadata.annotations).toEqual({ b: '2' })
  expect(body.spec).toEqual({ leaseTransitions: 1 })
})

test('a json-patch whose test fails is 422, a malformed one 400; an unknown patch type is 415', async () => {
  await using target = await connectTarget()
  const { create, patch } = target
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
  await using target = await connectTarget()
  const { put, get } = target
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
  await using target = await connectTarget()
  const { create, remove } = target
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
  await using target = await connectTarget()
  expect((await target.create(lease('x', spec))).status).toBe(status)
})

test.each([
  ['no name', {}],
  ['a name in capitals', { name: 'My-App' }],
  ['an owner without uid', { name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a' }] }],
])('metadata with %s is 422', async (_name, metadata) => {
  await using target = await connectTarget()
  expect(await target.create({ metadata })).toMatchObject({ status: 422, body: { reason: 'Invalid' } })
})

test('paths that nobody serves are 404, methods that they do not have 405, too large a body 413', async () => {
  await using target = await connectTarget()
  const { send } = target
  expect((await send('GET', '/apis/coordination.k8s.io/v2/leases')).status).toBe(404)
  expect(await send('PUT', target.leases, {})).toMatchObject({ status: 405, body: { reason: 'MethodNotAllowed' } })
  expect(await send('POST', target.leases, `"${'x'.repeat(4 * 1024 * 1024)}"`)).toMatchObject({ status: 413 })
  expect(await send('POST', target.leases, '{"metadata":')).toMatchObject({
    status: 400,
    body: { reason: 'BadRequest' },
  })
  expect((await send('GET', target.leases)).status).toBe(200)
})

test('generateName makes a name; a dry run checks everything and stores nothing', async () => {
  await using target = await connectTarget()
  const { create, get, send } = target
  expect((await create({ metadata: { generateName: 'x-' } })).body.metadata.name).toMatch(/^x-.{5}$/)
  expect((await create(lease('dry'), `${target.leases}?dryRun=All`)).status).toBe(201)
  expect((await get('dry')).status).toBe(404)
  await create(lease('wet'))
  const patched = await send(
    'PATCH',
    `${target.leases}/wet?dryRun=All`,
    { spec: { holderIdentity: 'b' } },
    'application/merge-patch+json',
  )
  expect(patched.body.spec.holderIdentity).toBe('b')
  expect((await send('DELETE', `${target.leases}/wet?dryRun=All`)).status).toBe(200)
  expect((await get('wet')).body.spec).toMatchObject({ holderIdentity: 'a' })
})

test('an apply patch creates what is absent, and needs a field manager', async () => {
  await using target = await connectTarget()
  const apply = (holder: string, query: string) => {
    const yaml = `apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: { name: x }\nspec: { holderIdentity: ${holder} }\n`
    return target.send('PATCH', `${target.leases}/x${query}`, yaml, 'application/apply-patch+yaml')
  }
  expect((await apply('a', '')).status).toBeGreaterThanOrEqual(400)
  expect(await apply('a', '?fieldManager=me')).toMatchObject({ status: 201 })
  expect(await apply('b', '?fieldManager=me')).toMatchObject({ status: 200, body: { spec: { holderIdentity: 'b' } } })
})

test('a strategic patch merges owners by uid, a merge patch replaces them', async () => {
  await using target = await connectTarget()
  const { create, patch } = target
  const owner = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Unknown', name, uid: `uid-${name}` })
  const strategic = 'application/strategic-merge-patch+json'
  await create({ metadata: { name: 'x', ownerReferences: [owner('a')] } })
  const merged = await patch('x', { metadata: { ownerReferences: [owner('b')] } }, strategic)
  expect(merged.body.metadata.ownerReferences).toHaveLength(2)
  const replaced = await patch('x', { metadata: { ownerReferences: [owner('b')] } })
  expect(replaced.body.metadata.ownerReferences).toEqual([owner('b')])
})

test('a namespace that does not exist is 404 for creation, and named in the message', async () => {
  await using target = await connectTarget()
  const path = '/apis/coordination.k8s.io/v1/namespaces/there-is-none/leases'
  expect(await target.send('POST', path, lease('x'))).toMatchObject({
    status: 404,
    body: { message: 'namespaces "there-is-none" not found', details: { kind: 'namespaces' } },
  })
})
