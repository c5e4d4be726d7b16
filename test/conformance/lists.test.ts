/** The facts about lists, selectors and deletions, as tests that run against any API server: see `target.ts`. */
import { expect, test } from 'vitest'
import { connectTarget } from './target.ts'

const lease = (name: string, labels: Record<string, string> = {}) => ({
  metadata: { name, labels },
  spec: { holderIdentity: 'a' },
})

test.each([
  ['labelSelector=app%3Dweb', ['a', 'b']],
  ['labelSelector=app%21%3Dweb', ['c', 'd']],
  ['labelSelector=app', ['a', 'b', 'c']],
  ['labelSelector=%21app', ['d']],
  ['labelSelector=app%20in%20(web,db),tier', ['b']],
  ['labelSelector=app%20notin%20(web)', ['c', 'd']],
  ['fieldSelector=metadata.name%3Dc', ['c']],
  ['fieldSelector=metadata.name%21%3Dc,metadata.namespace%3DNAMESPACE', ['a', 'b', 'd']],
])('%s selects %j', async (selector, expected) => {
  await using target = await connectTarget()
  const query = selector.replace('NAMESPACE', target.namespace)
  const { create, send } = target
  await create(lease('a', { app: 'web' }))
  await create(lease('b', { app: 'web', tier: 'front' }))
  await create(lease('c', { app: 'db' }))
  await create(lease('d'))
  const { body } = await send('GET', `${target.leases}?${query}`)
  expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(expected)
  const deleted = await send('DELETE', `${target.leases}?${query}`)
  expect(deleted.body.items).toHaveLength(expected.length)
  expect((await send('GET', target.leases)).body.items).toHaveLength(4 - expected.length)
})

test('a watch of a selector is told of objects that begin and cease to match', async () => {
  await using target = await connectTarget()
  const { create, patch, watch } = target
  await create(lease('x'))
  const { finished } = await watch('labelSelector=app%3Dweb', (events) => events.length === 2)
  await patch('x', { metadata: { labels: { app: 'web' } } })
  await patch('x', { metadata: { labels: { app: 'db' } } })
  expect((await finished).map(({ type }) => type)).toEqual(['ADDED', 'DELETED'])
})

test('sendInitialEvents ends the present state with an annotated bookmark', async () => {
  await using target = await connectTarget()
  const { create, watch } = target
  await create(lease('x'))
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const { finished } = await watch(query, (events) => events.length === 2)
  expect(await finished).toMatchObject([
    { type: 'ADDED', object: { metadata: { name: 'x' } } },
    { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
  ])
  expect((await watch('sendInitialEvents=true')).status).toBe(400)
})

test('what carries a finalizer is only marked as deleted, and is gone when the last one is removed', async () => {
  await using target = await connectTarget()
  const { create, remove, patch, get } = target
  await create({ metadata: { name: 'x', finalizers: ['example.com/kept'] } })
  expect((await remove('x')).body.metadata.deletionTimestamp).toMatch(/Z$/)
  expect((await get('x')).status).toBe(200)
  await patch('x', { metadata: { finalizers: null } })
  expect((await get('x')).status).toBe(404)
})
