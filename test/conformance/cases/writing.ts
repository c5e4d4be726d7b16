/** Create, update and delete. */
import assert from 'node:assert/strict'
import { assertStatus } from '../assertions.ts'
import { API_VERSION, type Case } from '../conformance.ts'

export const writing: readonly Case[] = [
  {
    fact: 'create answers 201 with uid, creationTimestamp and a decimal resourceVersion',
    async check(leases) {
      const { status, body } = await leases.create({ metadata: { name: leases.name() }, spec: { holderIdentity: 'a' } })
      assert.equal(status, 201)
      assert.equal(body.apiVersion, API_VERSION)
      assert.equal(body.kind, 'Lease')
      assert.equal(body.metadata.namespace, leases.namespace)
      assert.match(body.metadata.uid, /^[0-9a-f-]{36}$/)
      assert.match(body.metadata.resourceVersion, /^[1-9]\d*$/)
      assert.match(body.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.deepEqual(body.spec, { holderIdentity: 'a' })
    },
  },
  {
    fact: 'creating what exists is 409 AlreadyExists',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      assertStatus(await leases.create({ metadata: { name } }), 409, 'AlreadyExists', {
        message: `leases.coordination.k8s.io "${name}" already exists`,
        details: { name, group: 'coordination.k8s.io', kind: 'leases' },
      })
    },
  },
  {
    fact: 'a resourceVersion in the body of a create is refused, by a 500 without a reason',
    async check(leases) {
      const answer = await leases.create({ metadata: { name: leases.name(), resourceVersion: '1' } })
      assertStatus(answer, 500, undefined, {
        message: 'resourceVersion should not be set on objects to be created',
      })
    },
  },
  {
    fact: 'a create in an absent namespace is 404',
    async check(leases) {
      const path = leases.path.replace(leases.namespace, 'absent-namespace')
      const answer = await leases.target.send('POST', path, { body: { metadata: { name: leases.name() } } })
      assertStatus(answer, 404, 'NotFound', { message: 'namespaces "absent-namespace" not found' })
    },
  },
  {
    fact: 'a body whose namespace is not that of the URL is 400',
    async check(leases) {
      const answer = await leases.create({ metadata: { name: leases.name(), namespace: 'other' } })
      assertStatus(answer, 400, 'BadRequest', {
        message: 'the namespace of the provided object does not match the namespace sent on the request',
      })
    },
  },
  {
    fact: 'a body whose name is not that of the URL is 400',
    async check(leases) {
      const [name, other] = [leases.name(), leases.name()]
      const { metadata } = await leases.created(name)
      const body = { metadata: { name: other, resourceVersion: metadata.resourceVersion } }
      assertStatus(await leases.update(name, body), 400, 'BadRequest', {
        message: `the name of the object (${other}) does not match the name on the URL (${name})`,
      })
    },
  },
  {
    fact: 'a body of another kind or version is 400',
    async check(leases) {
      const metadata = { name: leases.name() }
      assertStatus(await leases.create({ apiVersion: 'v1', kind: 'Lease', metadata }), 400, 'BadRequest')
      assertStatus(await leases.create({ apiVersion: API_VERSION, kind: 'Pod', metadata }), 400, 'BadRequest')
    },
  },
  {
    fact: 'generateName makes a name of the prefix and five characters',
    async check(leases) {
      const { status, body } = await leases.create({ metadata: { generateName: 'made-' } })
      assert.equal(status, 201)
      assert.match(body.metadata.name, /^made-[a-z0-9]{5}$/)
      assert.equal(body.metadata.generateName, 'made-')
    },
  },
  {
    fact: 'an update without resourceVersion is 422, with a stale one 409',
    async check(leases) {
      const name = leases.name()
      const { metadata } = await leases.created(name)
      assertStatus(await leases.update(name, { metadata: { name } }), 422, 'Invalid')
      await leases.patch(name, { spec: { holderIdentity: 'b' } })
      const stale = { metadata: { name, resourceVersion: metadata.resourceVersion } }
      assertStatus(await leases.update(name, stale), 409, 'Conflict')
    },
  },
  {
    fact: 'an update of an absent Lease creates it, unless the body carries a uid: 409',
    async check(leases) {
      const [name, other] = [leases.name(), leases.name()]
      assert.equal((await leases.update(name, { metadata: { name } })).status, 201)
      const answer = await leases.update(other, { metadata: { name: other, uid: 'a-uid' } })
      assertStatus(answer, 409, 'Conflict')
    },
  },
  {
    fact: 'an update with another uid is 409',
    async check(leases) {
      const name = leases.name()
      const { metadata } = await leases.created(name)
      const body = { metadata: { name, uid: 'another', resourceVersion: metadata.resourceVersion } }
      assertStatus(await leases.update(name, body), 409, 'Conflict')
    },
  },
  {
    fact: 'a byte-identical update is 200, leaves the resourceVersion and tells no watch',
    async check(leases) {
      const name = leases.name()
      const lease = await leases.created(name)
      const { finished } = await leases.watchOne(name, 2)
      const { status, body } = await leases.update(name, lease)
      assert.equal(status, 200)
      assert.equal(body.metadata.resourceVersion, lease.metadata.resourceVersion)
      await leases.patch(name, { spec: { holderIdentity: 'b' } })
      const events = await finished
      assert.deepEqual(
        events.map(({ type, object }) => [type, object.spec.holderIdentity]),
        [
          ['ADDED', 'a'],
          ['MODIFIED', 'b'],
        ],
      )
    },
  },
  {
    fact: 'versions increase with every change, across deletion too',
    async check(leases) {
      const name = leases.name()
      const first = await leases.created(name)
      const second = (await leases.patch(name, { spec: { holderIdentity: 'b' } })).body
      await leases.remove(name)
      const third = await leases.created(name)
      const versions = [first, second, third].map(({ metadata }) => BigInt(metadata.resourceVersion))
      assert.ok(versions[0]! < versions[1]! && versions[1]! < versions[2]!)
      assert.notEqual(first.metadata.uid, third.metadata.uid)
    },
  },
  {
    fact: 'delete answers a Status with what was deleted; get, patch and delete of an absent Lease are 404',
    async check(leases) {
      const name = leases.name()
      const { metadata } = await leases.created(name)
      const { status, body } = await leases.remove(name)
      assert.equal(status, 200)
      assert.equal(body.kind, 'Status')
      assert.equal(body.status, 'Success')
      assert.deepEqual(body.details, { name, group: 'coordination.k8s.io', kind: 'leases', uid: metadata.uid })
      for (const answer of [await leases.get(name), await leases.patch(name, {}), await leases.remove(name)]) {
        assertStatus(answer, 404, 'NotFound', { message: `leases.coordination.k8s.io "${name}" not found` })
      }
    },
  },
  {
    fact: 'a delete whose precondition does not hold is 409',
    async check(leases) {
      const name = leases.name()
      const { uid, resourceVersion } = (await leases.created(name)).metadata
      const other = { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } }
      assertStatus(await leases.remove(name, other), 409, 'Conflict')
      assertStatus(await leases.remove(name, { preconditions: { uid, resourceVersion: '1' } }), 409, 'Conflict')
      assert.equal((await leases.remove(name, { preconditions: { uid, resourceVersion } })).status, 200)
    },
  },
  {
    fact: 'a Lease with a finalizer is only marked, and goes with its last finalizer',
    async check(leases) {
      const name = leases.name()
      await leases.created(name, {}, { finalizers: ['example.com/hold'] })
      const { status, body } = await leases.remove(name)
      assert.equal(status, 200)
      assert.match(body.metadata.deletionTimestamp, /Z$/)
      const added = { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } }
      assertStatus(await leases.patch(name, added), 422, 'Invalid')
      assert.equal((await leases.patch(name, { metadata: { finalizers: null } })).status, 200)
      assert.equal((await leases.get(name)).status, 404)
    },
  },
  {
    fact: 'a dry run answers as if, and stores nothing',
    async check(leases) {
      const name = leases.name()
      assert.equal((await leases.create({ metadata: { name } }, '?dryRun=All')).status, 201)
      assert.equal((await leases.get(name)).status, 404)
      const { metadata } = await leases.created(name)
      const patched = await leases.patch(name, { spec: { holderIdentity: 'b' } }, undefined, '?dryRun=All')
      assert.equal(patched.body.spec.holderIdentity, 'b')
      assert.equal((await leases.remove(name, { dryRun: ['All'] })).status, 200)
      const { body } = await leases.get(name)
      assert.equal(body.metadata.resourceVersion, metadata.resourceVersion)
    },
  },
  {
    fact: 'a dry run of anything but All is 422',
    async check(leases) {
      assertStatus(await leases.create({ metadata: { name: leases.name() } }, '?dryRun=Some'), 422, 'Invalid')
    },
  },
  {
    fact: 'delete-collection deletes what its selector selects',
    async check(leases) {
      const [doomed, kept] = [leases.name(), leases.name()]
      await leases.created(doomed, {}, { labels: { doomed } })
      await leases.created(kept)
      const { status } = await leases.target.send('DELETE', `${leases.path}?labelSelector=doomed%3D${doomed}`)
      assert.equal(status, 200)
      assert.equal((await leases.get(doomed)).status, 404)
      assert.equal((await leases.get(kept)).status, 200)
    },
  },
]
