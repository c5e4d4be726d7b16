/** Lists, selectors, the other patch types, and what is around Leases: namespaces, pods, events, rights. */
import {
  AuthenticationV1Api,
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  makeInformer,
} from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { startLeaseServer } from '../../src/testing/index.ts'
import { client, LEASES } from './client.ts'

const lease = (name: string, labels: Record<string, string> = {}) => ({
  metadata: { name, labels },
  spec: { holderIdentity: 'a' },
})

test('a list comes in pages, and an old continue token is 410', async () => {
  await using server = await startLeaseServer()
  const { create, send } = client(server)
  for (const name of ['a', 'b', 'c', 'd', 'e']) await create(lease(name))
  const names: string[] = []
  let token = ''
  do {
    const { body } = await send('GET', `${LEASES}?limit=2&continue=${token}`)
    names.push(...body.items.map((item: { metadata: { name: string } }) => item.metadata.name))
    token = body.metadata.continue ?? ''
    if (names.length === 2) expect(body.metadata.remainingItemCount).toBe(3)
  } while (token)
  expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
  const { body } = await send('GET', `${LEASES}?limit=2`)
  await create(lease('f'))
  server.compact()
  expect(await send('GET', `${LEASES}?limit=2&continue=${body.metadata.continue}`)).toMatchObject({
    status: 410,
    body: { reason: 'Expired' },
  })
  expect(await send('GET', `${LEASES}?continue=nonsense`)).toMatchObject({ status: 400 })
})

test.each([
  ['labelSelector=app%3Dweb', ['a', 'b']],
  ['labelSelector=app%21%3Dweb', ['c', 'd']],
  ['labelSelector=app', ['a', 'b', 'c']],
  ['labelSelector=%21app', ['d']],
  ['labelSelector=app%20in%20(web,db),tier', ['b']],
  ['labelSelector=app%20notin%20(web)', ['c', 'd']],
  ['fieldSelector=metadata.name%3Dc', ['c']],
  ['fieldSelector=metadata.name%21%3Dc,metadata.namespace%3Ddefault', ['a', 'b', 'd']],
])('%s selects %j', async (query, expected) => {
  await using server = await startLeaseServer()
  const { create, send } = client(server)
  await create(lease('a', { app: 'web' }))
  await create(lease('b', { app: 'web', tier: 'front' }))
  await create(lease('c', { app: 'db' }))
  await create(lease('d'))
  const { body } = await send('GET', `${LEASES}?${query}`)
  expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(expected)
  const deleted = await send('DELETE', `${LEASES}?${query}`)
  expect(deleted.body.items).toHaveLength(expected.length)
  expect(server.leases.list()).toHaveLength(4 - expected.length)
})

test('a watch of a selector is told of objects that begin and cease to match', async () => {
  await using server = await startLeaseServer()
  const { create, patch, watch } = client(server)
  await create(lease('x'))
  const { finished } = await watch('labelSelector=app%3Dweb', (events) => events.length === 2)
  await patch('x', { metadata: { labels: { app: 'web' } } })
  await patch('x', { metadata: { labels: { app: 'db' } } })
  expect((await finished).map(({ type }) => type)).toEqual(['ADDED', 'DELETED'])
})

test('sendInitialEvents ends the present state with an annotated bookmark', async () => {
  await using server = await startLeaseServer()
  const { create, watch } = client(server)
  await create(lease('x'))
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const { finished } = await watch(query, (events) => events.length === 2)
  expect(await finished).toMatchObject([
    { type: 'ADDED', object: { metadata: { name: 'x' } } },
    { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
  ])
  expect((await watch('sendInitialEvents=true')).status).toBe(422)
})

test('generateName makes a name; a dry run checks everything and stores nothing', async () => {
  await using server = await startLeaseServer()
  const { create, send } = client(server)
  expect((await create({ metadata: { generateName: 'x-' } })).body.metadata.name).toMatch(/^x-.{5}$/)
  expect((await create(lease('dry'), `${LEASES}?dryRun=All`)).status).toBe(201)
  expect(server.leases.get('dry')).toBeUndefined()
  await create(lease('wet'))
  expect(
    (await send('PATCH', `${LEASES}/wet?dryRun=All`, { spec: { holderIdentity: 'b' } }, 'application/merge-patch+json'))
      .body.spec.holderIdentity,
  ).toBe('b')
  expect((await send('DELETE', `${LEASES}/wet?dryRun=All`)).status).toBe(200)
  expect(server.leases.get('wet')?.spec).toEqual({ holderIdentity: 'a' })
})

test('an apply patch creates what is absent and needs a field manager; a strategic one merges owners by uid', async () => {
  await using server = await startLeaseServer()
  const { send, patch } = client(server)
  const yaml = 'apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: { name: x }\nspec: { holderIdentity: a }\n'
  const apply = 'application/apply-patch+yaml'
  expect(await send('PATCH', `${LEASES}/x`, yaml, apply)).toMatchObject({ status: 422 })
  expect(await send('PATCH', `${LEASES}/x?fieldManager=me`, yaml, apply)).toMatchObject({ status: 201 })
  expect(
    await send('PATCH', `${LEASES}/x?fieldManager=me`, yaml.replace('holderIdentity: a', 'holderIdentity: b'), apply),
  ).toMatchObject({ status: 200, body: { spec: { holderIdentity: 'b' } } })
  const [a, b] = [server.pod('a').owner, server.pod('b').owner]
  const strategic = 'application/strategic-merge-patch+json'
  await patch('x', { metadata: { ownerReferences: [a] } }, strategic)
  expect((await patch('x', { metadata: { ownerReferences: [b] } }, strategic)).body.metadata.ownerReferences).toEqual([
    a,
    b,
  ])
  expect((await patch('x', { metadata: { ownerReferences: [b] } })).body.metadata.ownerReferences).toEqual([b])
})

test('what carries a finalizer is only marked as deleted, and is gone when the last one is removed', async () => {
  await using server = await startLeaseServer()
  const { create, remove, patch, get } = client(server)
  await create({ metadata: { name: 'x', finalizers: ['example.com/kept'] } })
  expect((await remove('x')).body.metadata.deletionTimestamp).toMatch(/Z$/)
  expect((await get('x')).status).toBe(200)
  await patch('x', { metadata: { finalizers: null } })
  expect((await get('x')).status).toBe(404)
})

test('namespaces: absent ones are 404 for creation; a deleted one takes its content along', async () => {
  await using server = await startLeaseServer()
  const { send } = client(server)
  const path = LEASES.replace('default', 'shop')
  expect(await send('POST', path, lease('x'))).toMatchObject({
    status: 404,
    body: { message: 'namespaces "shop" not found' },
  })
  expect((await send('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })).status).toBe(201)
  const kept = { metadata: { name: 'x', finalizers: ['example.com/kept'] } }
  expect((await send('POST', path, kept)).status).toBe(201)
  expect((await send('DELETE', '/api/v1/namespaces/shop')).body.metadata.deletionTimestamp).toBeDefined()
  expect(await send('POST', path, lease('y'))).toMatchObject({
    status: 403,
    body: { details: { causes: [{ reason: 'NamespaceTerminating' }] } },
  })
  expect((await send('GET', '/api/v1/namespaces/shop')).status).toBe(200) // its content is not gone yet
  await send('PATCH', `${path}/x`, { metadata: { finalizers: null } }, 'application/merge-patch+json')
  await expect.poll(async () => (await send('GET', '/api/v1/namespaces/shop')).status).toBe(404)
  expect((await send('GET', `${path}/x`)).status).toBe(404)
})

test("client-node's own APIs list pods, create events and lease candidates, and follow a lease with an informer", async () => {
  await using server = await startLeaseServer()
  const kubeConfig = server.kubeConfig()
  const core = kubeConfig.makeApiClient(CoreV1Api)
  server.pod('web-1')
  expect((await core.listNamespacedPod({ namespace: 'default' })).items.map(({ metadata }) => metadata?.name)).toEqual([
    'web-1',
  ])
  const involvedObject = { kind: 'Lease', name: 'x', namespace: 'default' }
  await core.createNamespacedEvent({
    namespace: 'default',
    body: { metadata: { name: 'x.1' }, involvedObject, reason: 'LeaderElection' },
  })
  expect(
    (await core.listNamespacedEvent({ namespace: 'default', fieldSelector: 'reason=LeaderElection' })).items,
  ).toHaveLength(1)

  const leases = kubeConfig.makeApiClient(CoordinationV1Api)
  const informer = makeInformer(kubeConfig, '/apis/coordination.k8s.io/v1/namespaces/default/leases', () =>
    leases.listNamespacedLease({ namespace: 'default' }),
  )
  const seen: string[] = []
  const done = Promise.withResolvers<void>()
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, ({ spec }) => {
      seen.push(`${verb} ${spec?.holderIdentity}`)
      if (verb === 'delete') done.resolve()
    })
  }
  const { create, patch, remove } = client(server)
  await create(lease('x'))
  await informer.start()
  await expect.poll(() => server.openWatches).toBe(1)
  await patch('x', { spec: { holderIdentity: 'b' } })
  await remove('x')
  await done.promise
  await informer.stop()
  expect(seen).toEqual(['add a', 'update b', 'delete b'])
})

test('rights are those of the roles: what is not granted is 403, and a review says so beforehand', async () => {
  await using server = await startLeaseServer()
  server.rbac.apply(`
kind: Role
metadata: { name: holder }
rules:
  - { apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [x], verbs: [get, watch] }
  - { apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create] }
---
kind: RoleBinding
metadata: { name: holder }
roleRef: { kind: Role, name: holder }
subjects: [{ kind: ServiceAccount, name: app }]
`)
  server.pod('web-1', { serviceAccount: 'app' })
  const { create, get, watch, send } = client(server, 'web-1')
  expect((await create(lease('x'))).status).toBe(201)
  expect((await get('x')).status).toBe(200)
  expect(await get('y')).toMatchObject({
    status: 403,
    body: {
      reason: 'Forbidden',
      message:
        'leases.coordination.k8s.io "y" is forbidden: User "system:serviceaccount:default:app" cannot get resource "leases" ' +
        'in API group "coordination.k8s.io" in the namespace "default"',
    },
  })
  expect((await watch('fieldSelector=metadata.name%3Dx', () => true)).status).toBe(200)
  expect((await watch('')).status).toBe(403)
  expect((await send('GET', LEASES)).status).toBe(403)
  expect((await send('GET', '/api/v1/pods')).body.message).toMatch(
    /cannot list resource "pods" in API group "" at the cluster scope$/,
  )
  expect((await client(server).send('GET', LEASES)).status).toBe(200)

  const reviews = server.kubeConfig('web-1').makeApiClient(AuthorizationV1Api)
  const may = async (verb: string, name: string) => {
    const resourceAttributes = { verb, group: 'coordination.k8s.io', resource: 'leases', namespace: 'default', name }
    return (await reviews.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } })).status?.allowed
  }
  expect([await may('get', 'x'), await may('get', 'y'), await may('delete', 'x')]).toEqual([true, false, false])
})

test('a SelfSubjectReview says who asks: a user, or a service account with its groups', async () => {
  await using server = await startLeaseServer()
  server.pod('web-1', { serviceAccount: 'app' })
  const whoAmI = async (identity: string) => {
    const reviews = server.kubeConfig(identity).makeApiClient(AuthenticationV1Api)
    return (await reviews.createSelfSubjectReview({ body: {} })).status?.userInfo
  }
  expect(await whoAmI('somebody')).toMatchObject({ username: 'somebody', groups: ['system:authenticated'] })
  expect(await whoAmI('web-1')).toMatchObject({
    username: 'system:serviceaccount:default:app',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  })
  const { body } = await client(server).send('GET', '/apis/authentication.k8s.io/v1')
  expect(body).toMatchObject({
    kind: 'APIResourceList',
    resources: [{ name: 'selfsubjectreviews', verbs: ['create'] }],
  })
})

test('a stale cache answers reads of any version; a quorum read tells the present', async () => {
  await using server = await startLeaseServer()
  const { create, patch, send } = client(server)
  await create(lease('x'))
  await patch('x', { spec: { holderIdentity: 'b' } })
  server.faults.add({ verb: ['get', 'list'], staleBy: 1 })
  expect((await send('GET', `${LEASES}/x?resourceVersion=0`)).body.spec.holderIdentity).toBe('a')
  expect((await send('GET', `${LEASES}?resourceVersion=0`)).body.items[0].spec.holderIdentity).toBe('a')
  expect((await send('GET', `${LEASES}/x`)).body.spec.holderIdentity).toBe('b')
})

test('a resourceVersion from the future is 504; after a rewind, versions count from there', async () => {
  await using server = await startLeaseServer()
  const { create, send } = client(server)
  expect(await send('GET', `${LEASES}?resourceVersion=9999`)).toMatchObject({
    status: 504,
    body: { reason: 'Timeout' },
  })
  server.rewind(7n)
  expect((await create(lease('x'))).body.metadata.resourceVersion).toBe('8')
})
