/** The embedded server's watch, and its faults. */
import { expect, test } from 'vitest'
import { startLeaseServer } from '../../src/testing/index.ts'
import { client, LEASES } from './client.ts'

const lease = (name: string) => ({ metadata: { name }, spec: { holderIdentity: 'a' } })

test('a watch from a version tells what has happened since; from too old a one, 410 Expired as an ERROR event', async () => {
  await using server = await startLeaseServer()
  const { create, patch, watch } = client(server)
  const { resourceVersion } = (await create(lease('x'))).body.metadata
  await patch('x', { spec: { holderIdentity: 'b' } })
  const since = await watch(`resourceVersion=${resourceVersion}`, (events) => events.length === 1)
  expect(await since.finished).toMatchObject([{ type: 'MODIFIED', object: { spec: { holderIdentity: 'b' } } }])
  server.compact()
  const tooOld = await watch(`resourceVersion=${resourceVersion}`)
  expect(tooOld.status).toBe(200)
  expect(await tooOld.finished).toMatchObject([
    { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
  ])
})

test('a fault strikes whom and what it names, as often as it says', async () => {
  await using server = await startLeaseServer()
  const [a, b] = [client(server, 'a'), client(server, 'b')]
  const fault = server.faults.add({ from: 'a', verb: 'get', name: 'x', status: 503, retryAfter: 7, times: 1 })
  expect((await b.get('x')).status).toBe(404)
  expect((await a.get('y')).status).toBe(404)
  const struck = await a.get('x')
  expect(struck).toMatchObject({ status: 503, body: { kind: 'Status', details: { retryAfterSeconds: 7 } } })
  expect(struck.headers.get('retry-after')).toBe('7')
  expect((await a.get('x')).status).toBe(404)
  expect(fault.hits).toBe(1)
})

test('a failure after the commit has been committed; one before it has not', async () => {
  await using server = await startLeaseServer()
  const { create } = client(server)
  server.faults.add({ verb: 'create', name: 'x', status: 504, afterCommit: true })
  server.faults.add({ verb: 'create', name: 'y', status: 504 })
  expect([(await create(lease('x'))).status, (await create(lease('y'))).status]).toEqual([504, 504])
  expect(server.leases.list().map(({ metadata }) => metadata.name)).toEqual(['x'])
})

test('a delayed request is committed although its client has gone', async () => {
  await using server = await startLeaseServer()
  const fault = server.faults.add({ verb: 'create', delay: 50 })
  const committed = new Promise((resolve) => void server.leases.onChange(resolve))
  const gone = new AbortController()
  const { signal } = gone
  const answer = client(server).send('POST', LEASES, lease('x'), undefined, { signal })
  await expect.poll(() => fault.hits).toBe(1)
  gone.abort()
  await expect(answer).rejects.toThrow()
  expect(await committed).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'x' } } })
})

test('whoever is cut off hears nothing, and is heard again when the partition ends', async () => {
  await using server = await startLeaseServer()
  const a = client(server, 'a')
  const partition = server.faults.partition('a')
  const lost = a.create(lease('x')).catch((error: Error) => error)
  await expect.poll(() => server.requests.length).toBe(1)
  partition[Symbol.dispose]()
  expect((await a.create(lease('y'))).status).toBe(201)
  expect(server.leases.list().map(({ metadata }) => metadata.name)).toEqual(['y'])
  await server.close() // ends what still hangs
  expect(await lost).toBeInstanceOf(Error)
})

test('a restart ends every connection and comes back on the same port, with its data or without', async () => {
  await using server = await startLeaseServer()
  await client(server).create(lease('x'))
  const { url } = server
  await server.restart()
  expect(server.url).toBe(url)
  expect((await client(server).get('x')).status).toBe(200)
  await server.restart({ keepData: false })
  expect((await client(server).get('x')).status).toBe(404)
})

test('bookmarks come to those who allow them, and only what is older than the history is 410', async () => {
  await using server = await startLeaseServer({ bookmarkInterval: 5, historySize: 2 })
  const { create, patch, watch } = client(server)
  const { resourceVersion } = (await create(lease('x'))).body.metadata
  await patch('x', { spec: { holderIdentity: 'b' } })
  await patch('x', { spec: { holderIdentity: 'c' } })
  const query = `allowWatchBookmarks=true&resourceVersion=${resourceVersion}`
  const { finished } = await watch(query, (events) => events.at(-1)?.type === 'BOOKMARK')
  const events = await finished
  expect(events.map(({ type }) => type)).toEqual(['MODIFIED', 'MODIFIED', 'BOOKMARK'])
  expect(events[2]!.object.metadata.resourceVersion).toBe(events[1]!.object.metadata.resourceVersion)
  await patch('x', { spec: { holderIdentity: 'd' } })
  expect(await (await watch(query)).finished).toMatchObject([{ type: 'ERROR', object: { code: 410 } }])
})

test('a watch from a version in the future is silent until that has passed', async () => {
  await using server = await startLeaseServer()
  const { create, patch, watch } = client(server)
  const { resourceVersion } = (await create(lease('x'))).body.metadata
  const { finished } = await watch(`resourceVersion=${BigInt(resourceVersion) + 1n}`, (events) => events.length > 0)
  await patch('x', { spec: { holderIdentity: 'b' } })
  await patch('x', { spec: { holderIdentity: 'c' } })
  expect(await finished).toMatchObject([{ type: 'MODIFIED', object: { spec: { holderIdentity: 'c' } } }])
})

test('a request that waits when the server restarts is lost with it, not carried out early', async () => {
  await using server = await startLeaseServer()
  const { create } = client(server)
  const fault = server.faults.add({ verb: 'create', delay: 60_000, times: 1 })
  const lost = create(lease('x')).catch((error: Error) => error)
  await expect.poll(() => fault.hits).toBe(1)
  await server.restart()
  expect(await lost).toBeInstanceOf(Error)
  expect(server.leases.list()).toEqual([])
  expect((await client(server).create(lease('x'))).status).toBe(201)
})
