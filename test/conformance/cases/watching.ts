/** Watch, and the garbage collection that it tells of. */
import assert from 'node:assert/strict'
import type { Case } from '../conformance.ts'
import type { WatchEvent } from '../target.ts'

const summary = (events: readonly WatchEvent[]) => events.map(({ type, object }) => [type, object.spec?.holderIdentity])

export const watching: readonly Case[] = [
  {
    fact: 'a watch without a version begins with ADDED of what is there, then tells every change',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      const { status, finished } = await leases.watchOne(name, 3)
      assert.equal(status, 200)
      await leases.patch(name, { spec: { holderIdentity: 'b' } })
      await leases.remove(name)
      const events = await finished
      assert.deepEqual(summary(events), [
        ['ADDED', 'a'],
        ['MODIFIED', 'b'],
        ['DELETED', 'b'],
      ])
      const versions = events.map(({ object }) => BigInt(object.metadata.resourceVersion))
      assert.ok(versions[0]! < versions[1]! && versions[1]! < versions[2]!, 'a deletion has a version of its own')
    },
  },
  {
    fact: 'a watch from a version tells what has happened since',
    async check(leases) {
      const name = leases.name()
      const { resourceVersion } = (await leases.created(name)).metadata
      await leases.patch(name, { spec: { holderIdentity: 'b' } })
      const { finished } = await leases.watchOne(name, 1, `&resourceVersion=${resourceVersion}`)
      assert.deepEqual(summary(await finished), [['MODIFIED', 'b']])
    },
  },
  {
    fact: 'a watch from too old a version is 200 with an ERROR event of a 410 Expired, and ends',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      // What is too old depends on what was compacted: on a young server nothing is, and all changes are told.
      const { status, finished } = await leases.watch('resourceVersion=1', (events) => events.length > 0)
      const [first] = await finished
      assert.equal(status, 200)
      if (first!.type !== 'ERROR') return assert.equal(first!.type, 'ADDED')
      const { kind, code, reason, message } = first!.object
      assert.deepEqual([kind, code, reason], ['Status', 410, 'Expired'])
      assert.match(message, /^too old resource version: 1 \(\d+\)$/)
    },
  },
  {
    fact: 'a watch ends in order after timeoutSeconds',
    async check(leases) {
      const { status, finished } = await leases.watch(`timeoutSeconds=1&fieldSelector=metadata.name%3D${leases.name()}`)
      assert.deepEqual([status, await finished], [200, []])
    },
  },
  {
    fact: 'a watch of a label is told of what begins and what ceases to have it',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      const { body } = await leases.list()
      const query = `labelSelector=watched%3D${name}&resourceVersion=${body.metadata.resourceVersion}`
      const { finished } = await leases.watch(query, (events) => events.length >= 2)
      await leases.patch(name, { metadata: { labels: { watched: name } } })
      const { metadata } = (await leases.patch(name, { metadata: { labels: { watched: null } } })).body
      const [added, deleted] = await finished
      assert.deepEqual([added!.type, deleted!.type], ['ADDED', 'DELETED'])
      assert.equal(deleted!.object.metadata.resourceVersion, metadata.resourceVersion)
      assert.deepEqual(deleted!.object.metadata.labels, { watched: name }, 'the last state that matched')
    },
  },
  {
    fact: 'sendInitialEvents ends the present state with an annotated BOOKMARK',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      const query = '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
      const { finished } = await leases.watchOne(name, 2, query)
      const [added, bookmark] = await finished
      assert.deepEqual([added!.type, bookmark!.type], ['ADDED', 'BOOKMARK'])
      assert.deepEqual(bookmark!.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
    },
  },
  {
    fact: 'sendInitialEvents without resourceVersionMatch=NotOlderThan is 422',
    async check(leases) {
      const { status } = await leases.watch('sendInitialEvents=true')
      assert.equal(status, 422)
    },
  },
  {
    fact: 'a Lease whose only owner does not exist is collected, and so is one whose owner has another uid',
    async check(leases) {
      const owner = { apiVersion: 'v1', kind: 'Pod', name: 'nobody', uid: '11111111-1111-1111-1111-111111111111' }
      const name = leases.name()
      const { metadata } = await leases.created(name, {}, { ownerReferences: [owner] })
      const { finished } = await leases.watchOne(name, 1, `&resourceVersion=${metadata.resourceVersion}`)
      assert.deepEqual(
        (await finished).map(({ type }) => type),
        ['DELETED'],
      )
    },
  },
]
