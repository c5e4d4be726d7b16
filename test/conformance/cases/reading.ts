/** Get and list, and what HTTP is refused. */
import assert from 'node:assert/strict'
import { assertStatus } from '../assertions.ts'
import type { Case, Leases } from '../conformance.ts'

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

/** Three Leases with a label of their own, in the order of their names. */
async function three(leases: Leases) {
  const group = leases.name()
  const names = ['1', '2', '3'].map((each) => `${group}-${each}`)
  for (const [index, name] of names.entries()) {
    await leases.created(name, { holderIdentity: name }, { labels: { group, index: String(index) } })
  }
  return { group, names, selector: `labelSelector=group%3D${group}` }
}

const namesIn = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name)

export const reading: readonly Case[] = [
  {
    fact: 'a list carries its own resourceVersion',
    async check(leases) {
      const { names, selector } = await three(leases)
      const { status, body } = await leases.list(`?${selector}`)
      assert.deepEqual([status, body.kind, namesIn(body)], [200, 'LeaseList', names])
      assert.ok(BigInt(body.metadata.resourceVersion) >= BigInt(body.items[2].metadata.resourceVersion))
    },
  },
  {
    fact: 'labels are selected by equality, by sets and by existence',
    async check(leases) {
      const { names, group } = await three(leases)
      const select = async (selector: string) =>
        namesIn((await leases.list(`?labelSelector=${encodeURIComponent(`group=${group},${selector}`)}`)).body)
      assert.deepEqual(await select('index=1'), [names[1]])
      assert.deepEqual(await select('index!=1'), [names[0], names[2]])
      assert.deepEqual(await select('index in (0,2)'), [names[0], names[2]])
      assert.deepEqual(await select('index notin (0,2)'), [names[1]])
      assert.deepEqual(await select('index>0'), [names[1], names[2]])
      assert.deepEqual(await select('!index'), [])
      assert.deepEqual(await select('index'), names)
    },
  },
  {
    fact: 'one Lease is selected by its name; other fields are 400, and so is a selector that is none',
    async check(leases) {
      const { names } = await three(leases)
      const { body } = await leases.list(`?fieldSelector=metadata.name%3D${names[1]}`)
      assert.deepEqual(namesIn(body), [names[1]])
      assertStatus(await leases.list('?fieldSelector=spec.holderIdentity%3Da'), 400, 'BadRequest')
      assertStatus(await leases.list('?fieldSelector=nonsense'), 400, 'BadRequest')
      assertStatus(await leases.list('?labelSelector=a%20b%20c'), 400, 'BadRequest')
    },
  },
  {
    fact: 'a list in pages shows one version, whatever happens meanwhile',
    async check(leases) {
      const { names, selector } = await three(leases)
      const first = (await leases.list(`?${selector}&limit=2`)).body
      assert.deepEqual(namesIn(first), names.slice(0, 2))
      await leases.remove(names[2]!)
      const next = `?${selector}&limit=2&continue=${encodeURIComponent(first.metadata.continue)}`
      const second = (await leases.list(next)).body
      assert.deepEqual(namesIn(second), names.slice(2))
      assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)
      assert.equal(second.metadata.continue || undefined, undefined)
    },
  },
  {
    fact: 'a continue token that is none is 400',
    async check(leases) {
      assertStatus(await leases.list('?continue=nonsense'), 400, 'BadRequest')
    },
  },
  {
    fact: 'resourceVersion=0 is answered; a version that is none is 400, one in the future 504',
    async check(leases) {
      assert.equal((await leases.list('?resourceVersion=0')).status, 200)
      assertStatus(await leases.list('?resourceVersion=nonsense'), 400, 'BadRequest')
      const { body } = await leases.list()
      const future = BigInt(body.metadata.resourceVersion) + 1_000_000n
      assertStatus(await leases.list(`?resourceVersion=${future}`), 504, 'Timeout', {
        message: /^Timeout: Too large resource version: |^Too large resource version: /,
      })
    },
  },
  {
    fact: 'as=Table has the columns Name, Holder and Age',
    async check(leases) {
      const { names, selector } = await three(leases)
      const { body } = await leases.list(`?${selector}`, { Accept: TABLE })
      assert.equal(body.kind, 'Table')
      assert.deepEqual(
        body.columnDefinitions.map(({ name }: { name: string }) => name),
        ['Name', 'Holder', 'Age'],
      )
      assert.deepEqual(
        body.rows.map(({ cells }: { cells: unknown[] }) => cells.slice(0, 2)),
        names.map((name) => [name, name]),
      )
    },
  },
  {
    fact: 'an answer in no form that the client accepts is 406',
    async check(leases) {
      assertStatus(await leases.list('', { Accept: 'image/png' }), 406, 'NotAcceptable')
    },
  },
  {
    fact: 'a create in a form that the server does not read is 415, one that is no JSON 400',
    async check(leases) {
      const odd = await leases.send('POST', '', { body: 'x', contentType: 'image/png' })
      assertStatus(odd, 415, 'UnsupportedMediaType')
      assertStatus(await leases.send('POST', '', { body: '{"metadata":' }), 400, 'BadRequest')
      assertStatus(await leases.send('POST', '', { body: '[]' }), 400, 'BadRequest')
    },
  },
  {
    fact: 'a body of more than 3 MiB is 413',
    async check(leases) {
      const body = JSON.stringify({ metadata: { name: leases.name(), annotations: { a: 'x'.repeat(3_200_000) } } })
      assertStatus(await leases.send('POST', '', { body }), 413, 'RequestEntityTooLarge', {
        message: 'Request entity too large: limit is 3145728',
      })
    },
  },
  {
    fact: 'a path that nobody serves is 404, a method that a path does not have 405',
    async check(leases) {
      const answer = await leases.target.send('GET', '/apis/coordination.k8s.io/v1/nothings')
      assert.equal(answer.status, 404)
      assertStatus(await leases.send('PUT', '', { body: {} }), 405, 'MethodNotAllowed')
    },
  },
  {
    fact: 'a token that nobody has is 401',
    async check(leases) {
      const answer = await leases.target.send('GET', leases.path, { headers: { Authorization: 'Bearer nonsense' } })
      assertStatus(answer, 401, 'Unauthorized', { message: 'Unauthorized' })
    },
  },
  {
    fact: 'a SelfSubjectAccessReview says what one may',
    async check(leases) {
      const resourceAttributes = {
        verb: 'patch',
        group: 'coordination.k8s.io',
        resource: 'leases',
        namespace: leases.namespace,
      }
      const { status, body } = await leases.target.send(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          body: {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SelfSubjectAccessReview',
            spec: { resourceAttributes },
          },
        },
      )
      assert.deepEqual([status, body.status.allowed], [201, true])
    },
  },
]
