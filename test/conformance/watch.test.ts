/** The facts about watches, as tests that run against any API server: see `target.ts`. */
import { expect, test } from 'vitest'
import { connectTarget } from './target.ts'

const lease = (name: string) => ({ metadata: { name }, spec: { holderIdentity: 'a' } })

test('a watch begins with the present state, and then tells every change of the selected lease', async () => {
  await using target = await connectTarget()
  const { create, patch, remove, watch } = target
  await create(lease('x'))
  const { finished } = await watch('fieldSelector=metadata.name%3Dx', (events) => events.at(-1)?.type === 'DELETED')
  await create(lease('y'))
  await patch('x', { spec: { holderIdentity: 'b' } })
  await remove('x')
  expect((await finished).map(({ type, object }) => [type, object.spec.holderIdentity])).toEqual([
    ['ADDED', 'a'],
    ['MODIFIED', 'b'],
    ['DELETED', 'b'],
  ])
})

test('a watch from a version tells what has happened since', async () => {
  await using target = await connectTarget()
  const { create, patch, watch } = target
  const { resourceVersion } = (await create(lease('x'))).body.metadata
  await patch('x', { spec: { holderIdentity: 'b' } })
  const { finished } = await watch(
    `resourceVersion=${resourceVersion}&fieldSelector=metadata.name%3Dx`,
    (events) => events.length === 1,
  )
  expect(await finished).toMatchObject([{ type: 'MODIFIED', object: { spec: { holderIdentity: 'b' } } }])
})

test('a watch ends in order after timeoutSeconds', async () => {
  await using target = await connectTarget()
  const { finished } = await target.watch('timeoutSeconds=0')
  expect(await finished).toEqual([])
})

test('a selector that leases do not have is 400', async () => {
  await using target = await connectTarget()
  expect((await target.watch('fieldSelector=spec.holderIdentity%3Da')).status).toBe(400)
})
