/** Switches of the server: a restart that forgets rights, feature gates, admission, capacity; and the wording of faults. */
import { expect, test } from 'vitest'
import { readYaml } from '../../src/testing/http/json.ts'
import { startLeaseServer } from '../../src/testing/index.ts'
import { client } from './client.ts'

const lease = (name: string, spec: object = { holderIdentity: 'a' }) => ({ metadata: { name }, spec })

const role = (verbs: string) => `
kind: Role
metadata: { name: elector }
rules:
  - { apiGroups: [coordination.k8s.io], resources: [leases], verbs: [${verbs}] }
---
kind: RoleBinding
metadata: { name: elector }
roleRef: { kind: Role, name: elector }
subjects: [{ kind: User, name: a }]
`
const CANNOT_GET =
  'leases.coordination.k8s.io "x" is forbidden: User "a" cannot get resource "leases" in API group ' +
  '"coordination.k8s.io" in the namespace "default"'

test('a List of manifests is as good as several documents', async () => {
  await using server = await startLeaseServer()
  const items = [
    {
      kind: 'Role',
      metadata: { name: 'x' },
      rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] }],
    },
    {
      kind: 'RoleBinding',
      metadata: { name: 'x' },
      roleRef: { kind: 'Role', name: 'x' },
      subjects: [{ kind: 'User', name: 'a' }],
    },
  ]
  server.rbac.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  expect((await client(server, 'a').get('x')).status).toBe(404)
  expect((await client(server, 'b').get('x')).status).toBe(403)
})

test('a manifest may hold empty documents, and times in YAML stay as they are', async () => {
  await using server = await startLeaseServer()
  server.rbac.apply(`# generated\n---\n${role('get, create')}---\n`)
  const renewTime = '2026-01-02T03:04:05.678901Z'
  const { status } = await client(server, 'a').create(lease('x', { holderIdentity: 'a', renewTime }))
  expect(status).toBe(201)
  const body = `{ metadata: { name: y }, spec: { renewTime: ${renewTime} } } # YAML, not JSON`
  const { metadata, spec } = readYaml(body) as { metadata: object; spec: object }
  expect({ metadata, spec }).toEqual({ metadata: { name: 'y' }, spec: { renewTime } })
})

test('after a restart everybody but the administrator is refused until the caches are filled, in both real wordings', async () => {
  await using server = await startLeaseServer()
  server.rbac.apply(role('get, create'))
  await client(server, 'a').create(lease('x'))
  await server.restart({ authorizationDelay: 400 })
  const { get } = client(server, 'a')
  const details = { name: 'x', group: 'coordination.k8s.io', kind: 'leases' }
  expect(await get('x')).toMatchObject({ status: 403, body: { reason: 'Forbidden', message: CANNOT_GET, details } })
  expect((await client(server).get('x')).status).toBe(200)
  const roleMissing = `${CANNOT_GET}: RBAC: role.rbac.authorization.k8s.io "elector" not found`
  await expect.poll(async () => (await get('x')).body.message).toBe(roleMissing)
  await expect.poll(async () => (await get('x')).status).toBe(200)
})

test('without any role, everybody is refused after a restart all the same', async () => {
  await using server = await startLeaseServer()
  await server.restart({ authorizationDelay: 60_000 })
  expect(await client(server, 'a').get('x')).toMatchObject({ status: 403, body: { message: CANNOT_GET } })
})

test.each([
  [401, { reason: 'Unauthorized', message: 'Unauthorized' }],
  [
    403,
    { reason: 'Forbidden', message: CANNOT_GET, details: { name: 'x', group: 'coordination.k8s.io', kind: 'leases' } },
  ],
  [404, { reason: 'NotFound', message: 'leases.coordination.k8s.io "x" not found' }],
  [503, { reason: 'ServiceUnavailable', message: 'the server is currently unable to handle the request' }],
])('a fault that answers %s says what a real server says, unless told otherwise', async (status, body) => {
  await using server = await startLeaseServer()
  const { get } = client(server, 'a')
  server.faults.add({ verb: 'get', status, times: 1 })
  expect(await get('x')).toMatchObject({ status, body })
  server.faults.add({ verb: 'get', status, message: 'no', times: 1 })
  expect(await get('x')).toMatchObject({ status, body: { message: 'no' } })
})

test('OwnerReferencesPermissionEnforcement: who may not delete a lease may not set or change its owners', async () => {
  await using server = await startLeaseServer({ enableAdmissionPlugins: ['OwnerReferencesPermissionEnforcement'] })
  server.rbac.apply(role('get, create, patch, update'))
  const [{ owner }, { owner: other }] = [server.pod('a'), server.pod('b')]
  const { create, patch, put } = client(server, 'a')
  const refusal = (name: string) => ({
    status: 403,
    body: {
      reason: 'Forbidden',
      message: `leases.coordination.k8s.io "${name}" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>`,
      details: { name, group: 'coordination.k8s.io', kind: 'leases' },
    },
  })
  expect(await create({ metadata: { name: 'x', ownerReferences: [owner] } })).toMatchObject(refusal('x'))
  expect(server.leases.get('x')).toBeUndefined()
  await client(server).create({ metadata: { name: 'x', ownerReferences: [owner] }, spec: {} })
  expect((await patch('x', { spec: { holderIdentity: 'b' } })).status).toBe(200)
  const { body } = await patch('x', { metadata: { ownerReferences: [owner] } })
  expect(body.metadata.ownerReferences).toEqual([owner])
  for (const ownerReferences of [[other], [], null]) {
    expect(await patch('x', { metadata: { ownerReferences } })).toMatchObject(refusal('x'))
  }
  expect(await put('x', { ...body, metadata: { ...body.metadata, ownerReferences: [other] } })).toMatchObject(
    refusal('x'),
  )
  server.rbac.apply(role('delete'))
  expect((await patch('x', { metadata: { ownerReferences: [other] } })).status).toBe(403) // the first role of a name counts
})

test('OwnerReferencesPermissionEnforcement asks nothing of those who may delete, and is off by default', async () => {
  await using enforcing = await startLeaseServer({ enableAdmissionPlugins: ['OwnerReferencesPermissionEnforcement'] })
  enforcing.rbac.apply(role('create, delete'))
  await using lenient = await startLeaseServer()
  lenient.rbac.apply(role('create'))
  for (const server of [enforcing, lenient]) {
    const { owner } = server.pod('a')
    const created = await client(server, 'a').create({ metadata: { name: 'x', ownerReferences: [owner] } })
    expect(created.status).toBe(201)
  }
})

test('CoordinatedLeaderElection is off by default: no LeaseCandidates, and its fields are dropped from writes', async () => {
  await using server = await startLeaseServer()
  const { create, patch, send } = client(server)
  expect(await send('GET', '/apis/coordination.k8s.io/v1beta1/leasecandidates')).toMatchObject({
    status: 404,
    body: '404 page not found\n',
  })
  expect((await send('GET', '/apis/coordination.k8s.io')).body.versions).toHaveLength(1)
  await create(lease('x'))
  const { body } = await patch('x', { spec: { holderIdentity: 'c', strategy: 'x', preferredHolder: 'b' } })
  expect(body.spec).toEqual({ holderIdentity: 'c' })
  expect(JSON.stringify(body.metadata.managedFields)).toContain('f:preferredHolder')
})

test('with CoordinatedLeaderElection they are kept, and a preferred holder needs a strategy', async () => {
  await using server = await startLeaseServer({ featureGates: { CoordinatedLeaderElection: true } })
  const { create, send } = client(server)
  const spec = { holderIdentity: 'a', strategy: 'OldestEmulationVersion', preferredHolder: 'b' }
  expect((await create(lease('x', spec))).body.spec).toEqual(spec)
  expect(await create(lease('y', { preferredHolder: 'b' }))).toMatchObject({ status: 422, body: { reason: 'Invalid' } })
  const candidates = '/apis/coordination.k8s.io/v1beta1/namespaces/default/leasecandidates'
  expect((await send('POST', candidates, lease('c', { leaseName: 'x' }))).status).toBe(201)
})

test('a server of limited capacity serves first come, first served: load beyond it waits', async () => {
  await using server = await startLeaseServer({ capacity: { concurrency: 2, serviceTime: 20 } })
  const { get } = client(server, 'a', 'HTTP/2')
  await get('first') // the connection stands
  const startedAt = performance.now()
  const done: { name: string; after: number }[] = []
  await Promise.all(
    ['a', 'b', 'c', 'd', 'e', 'f'].map(async (name) => {
      expect((await get(name)).status).toBe(404)
      done.push({ name, after: performance.now() - startedAt })
    }),
  )
  expect(done.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  const waits = done.map(({ after }) => after)
  expect(waits[0]).toBeGreaterThanOrEqual(19)
  expect(waits[3]).toBeGreaterThanOrEqual(39)
  expect(waits[5]).toBeGreaterThanOrEqual(59)
  server.setCapacity(undefined)
  const unlimited = performance.now()
  await Promise.all(Array.from({ length: 20 }, () => get('x')))
  expect(performance.now() - unlimited).toBeLessThan(200) // 20 of them would take that long before
})

test('what waits for its turn when the server restarts is lost, and the queue is empty again', async () => {
  await using server = await startLeaseServer({ capacity: { concurrency: 1, serviceTime: 60_000 } })
  const lost = client(server)
    .create(lease('x'))
    .catch((error: Error) => error)
  await expect.poll(() => server.requests.length).toBe(1)
  await server.restart()
  expect(await lost).toBeInstanceOf(Error)
  server.setCapacity({ concurrency: 1, serviceTime: 1 })
  expect((await client(server).create(lease('y'))).status).toBe(201)
  expect(server.leases.list().map(({ metadata }) => metadata.name)).toEqual(['y'])
})

test.each([
  { concurrency: 0, serviceTime: 1 },
  { concurrency: 1.5, serviceTime: 1 },
  { concurrency: 1, serviceTime: -1 },
])('a capacity of %j is refused', async (capacity) => {
  await expect(startLeaseServer({ capacity })).rejects.toThrow(/^capacity\./)
})
