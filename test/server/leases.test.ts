/** What the embedded server does of its own: tokens, and the garbage collection of its pods' Leases. */
import { expect, test } from 'vitest'
import { startLeaseServer } from '../../src/testing/index.ts'
import { client, LEASES } from './client.ts'

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
  const anonymous = { headers: { Authorization: '' } }
  expect((await before.send('GET', LEASES, undefined, undefined, anonymous)).status).toBe(401)
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

test('who listens hears of each request when it comes, when a fault strikes it and when it is answered', async () => {
  await using server = await startLeaseServer()
  const heard: string[] = []
  const subscription = server.onRequest(({ identity, verb, status, fault }) =>
    heard.push([identity, verb, fault?.status ?? '-', status ?? '-'].join(' ')),
  )
  const { get, create } = client(server, 'a')
  await get('x')
  server.faults.add({ from: 'a', status: 503, times: 1 })
  await get('x')
  subscription[Symbol.dispose]()
  await create({ metadata: { name: 'x' } })
  expect(heard).toEqual(['a get - -', 'a get - 404', 'a get - -', 'a get 503 -', 'a get 503 503'])
})
