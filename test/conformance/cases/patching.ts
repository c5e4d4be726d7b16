/** The four patch types. */
import assert from 'node:assert/strict'
import { assertStatus } from '../assertions.ts'
import { API_VERSION, APPLY_PATCH, type Case, JSON_PATCH, STRATEGIC_PATCH } from '../conformance.ts'

const apply = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: API_VERSION,
  kind: 'Lease',
  metadata: { name, ...metadata },
  spec,
})

export const patching: readonly Case[] = [
  {
    fact: 'a merge patch with the current resourceVersion and uid is 200; with a stale version 409 Conflict',
    async check(leases) {
      const name = leases.name()
      const { uid, resourceVersion } = (await leases.created(name)).metadata
      const patch = { metadata: { uid, resourceVersion }, spec: { leaseTransitions: 1 } }
      assert.equal((await leases.patch(name, patch)).status, 200)
      assertStatus(await leases.patch(name, patch), 409, 'Conflict', {
        message:
          `Operation cannot be fulfilled on leases.coordination.k8s.io "${name}": the object has been modified; ` +
          'please apply your changes to the latest version and try again',
      })
    },
  },
  {
    fact: 'a merge patch without resourceVersion is unconditional',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      const { status, body } = await leases.patch(name, { spec: { holderIdentity: 'b' } })
      assert.deepEqual([status, body.spec], [200, { holderIdentity: 'b' }])
    },
  },
  {
    fact: 'a changed uid is 422, but a stale resourceVersion is found first: 409',
    async check(leases) {
      const name = leases.name()
      const { resourceVersion } = (await leases.created(name)).metadata
      assertStatus(await leases.patch(name, { metadata: { uid: 'another', resourceVersion } }), 422, 'Invalid')
      await leases.patch(name, { spec: { holderIdentity: 'b' } })
      assertStatus(await leases.patch(name, { metadata: { uid: 'another', resourceVersion } }), 409, 'Conflict')
    },
  },
  {
    fact: 'a null resourceVersion is 422',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      assertStatus(await leases.patch(name, { metadata: { resourceVersion: null } }), 422, 'Invalid')
    },
  },
  {
    fact: 'null in a merge patch removes a field, "" in holderIdentity stays',
    async check(leases) {
      const name = leases.name()
      await leases.created(name, { holderIdentity: 'a', leaseTransitions: 1 }, { annotations: { a: '1', b: '2' } })
      const patch = { metadata: { annotations: { a: null } }, spec: { holderIdentity: '', leaseTransitions: null } }
      const { body } = await leases.patch(name, patch)
      assert.deepEqual([body.metadata.annotations, body.spec], [{ b: '2' }, { holderIdentity: '' }])
    },
  },
  {
    fact: 'a patch that changes nothing is 200 and leaves the resourceVersion',
    async check(leases) {
      const name = leases.name()
      const { metadata } = await leases.created(name, { leaseTransitions: 1, holderIdentity: 'a' })
      const { status, body } = await leases.patch(name, { spec: { holderIdentity: 'a' } })
      assert.deepEqual([status, body.metadata.resourceVersion], [200, metadata.resourceVersion])
    },
  },
  {
    fact: 'a merge patch that is no object is 400, one that leads to no Lease 422',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      assertStatus(await leases.patch(name, '{"spec":'), 400, 'BadRequest')
      assertStatus(await leases.patch(name, { spec: { leaseDurationSeconds: 'long' } }), 422, 'Invalid')
      assertStatus(await leases.patch(name, { spec: { renewTime: '2026-11-22T14:03:00.123Z' } }), 422, 'Invalid')
    },
  },
  {
    fact: 'a json-patch is applied whole; a failed test is 422, a malformed patch 400',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      const path = '/spec/holderIdentity'
      const replace = { op: 'replace', path, value: 'b' }
      const test = (value: string) => ({ op: 'test', path, value })
      assert.equal((await leases.patch(name, [replace, test('a')], JSON_PATCH)).status, 422)
      assert.equal((await leases.get(name)).body.spec.holderIdentity, 'a')
      const { body } = await leases.patch(name, [test('a'), replace], JSON_PATCH)
      assert.equal(body.spec.holderIdentity, 'b')
      assertStatus(await leases.patch(name, { op: 'test' }, JSON_PATCH), 400, 'BadRequest')
    },
  },
  {
    fact: 'a strategic merge patch merges owners by uid and finalizers as a set',
    async check(leases) {
      const name = leases.name()
      const owner = (uid: string) => ({ apiVersion: 'example.com/v1', kind: 'Unknown', name: 'o', uid })
      const metadata = { finalizers: ['example.com/one'], ownerReferences: [owner('1')] }
      await leases.created(name, {}, metadata)
      const patch = { metadata: { finalizers: ['example.com/two'], ownerReferences: [owner('2')] } }
      const { body } = await leases.patch(name, patch, STRATEGIC_PATCH)
      assert.deepEqual(body.metadata.finalizers.toSorted(), ['example.com/one', 'example.com/two'])
      assert.deepEqual(body.metadata.ownerReferences.map(({ uid }: { uid: string }) => uid).toSorted(), ['1', '2'])
      const removal = { metadata: { ownerReferences: [{ uid: '1', $patch: 'delete' }] } }
      const after = await leases.patch(name, removal, STRATEGIC_PATCH)
      assert.deepEqual(after.body.metadata.ownerReferences, [owner('2')])
      await leases.patch(name, { metadata: { finalizers: null } })
    },
  },
  {
    fact: 'a $patch of a strategic merge that is neither replace nor delete is a 500 without a reason',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      const answer = await leases.patch(name, { metadata: { $patch: 'merge', labels: { a: 'b' } } }, STRATEGIC_PATCH)
      assertStatus(answer, 500, undefined, {
        message: 'unknown patch type: merge in map: map[$patch:merge labels:map[a:b]]',
      })
      const replaced = await leases.patch(name, { spec: { $patch: 'replace', leaseTransitions: 1 } }, STRATEGIC_PATCH)
      assert.deepEqual(replaced.body.spec, { leaseTransitions: 1 })
    },
  },
  {
    fact: 'an apply patch creates what is absent (201) and merges into what is there (200)',
    async check(leases) {
      const name = leases.name()
      const query = '?fieldManager=one'
      assert.equal((await leases.patch(name, apply(name, { holderIdentity: 'a' }), APPLY_PATCH, query)).status, 201)
      const again = await leases.patch(name, apply(name, { holderIdentity: 'b' }), APPLY_PATCH, query)
      assert.deepEqual([again.status, again.body.spec.holderIdentity], [200, 'b'])
    },
  },
  {
    fact: 'an apply patch needs a field manager: 422',
    async check(leases) {
      const name = leases.name()
      const answer = await leases.patch(name, apply(name, {}), APPLY_PATCH)
      assertStatus(answer, 422, 'Invalid', { message: /fieldManager: Required value: is required for apply patch/ })
    },
  },
  {
    fact: 'an apply patch removes what its manager no longer applies, and nothing else',
    async check(leases) {
      const name = leases.name()
      const query = '?fieldManager=one'
      const spec = { holderIdentity: 'a', leaseTransitions: 1 }
      await leases.patch(name, apply(name, spec), APPLY_PATCH, query)
      await leases.patch(name, { spec: { leaseDurationSeconds: 15 } }, undefined, '?fieldManager=two')
      const { body } = await leases.patch(name, apply(name, { holderIdentity: 'a' }), APPLY_PATCH, query)
      assert.deepEqual(body.spec, { holderIdentity: 'a', leaseDurationSeconds: 15 })
    },
  },
  {
    fact: 'an apply patch of what another manager has set is 409, unless forced',
    async check(leases) {
      const name = leases.name()
      await leases.patch(name, apply(name, { holderIdentity: 'a' }), APPLY_PATCH, '?fieldManager=one')
      const wanted = apply(name, { holderIdentity: 'b' })
      const refused = await leases.patch(name, wanted, APPLY_PATCH, '?fieldManager=two')
      assertStatus(refused, 409, 'Conflict', { message: /^Apply failed with 1 conflict: conflict with "one"/ })
      const forced = await leases.patch(name, wanted, APPLY_PATCH, '?fieldManager=two&force=true')
      assert.deepEqual([forced.status, forced.body.spec.holderIdentity], [200, 'b'])
    },
  },
  {
    fact: 'another content type of a patch is 415',
    async check(leases) {
      const name = leases.name()
      await leases.created(name)
      assertStatus(await leases.patch(name, {}, 'application/json'), 415, 'UnsupportedMediaType')
    },
  },
]
