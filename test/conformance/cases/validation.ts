/** What a Lease must be to be stored. */
import assert from 'node:assert/strict'
import { assertStatus } from '../assertions.ts'
import type { Case } from '../conformance.ts'

const OWNER = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u' }

type Refusal = readonly [what: string, lease: { spec?: object; metadata?: object }, code: 400 | 422]

const refusals: readonly Refusal[] = [
  ['a time with three fractional digits', { spec: { renewTime: '2026-11-22T14:03:00.123Z' } }, 400],
  ['a time with nine fractional digits', { spec: { renewTime: '2026-11-22T14:03:00.123456789Z' } }, 400],
  ['a time without fraction', { spec: { acquireTime: '2026-11-22T14:03:00Z' } }, 400],
  ['a time that is a number', { spec: { renewTime: 5 } }, 400],
  ['a day that does not exist', { spec: { renewTime: '2026-02-30T14:03:00.123456Z' } }, 400],
  ['a duration of zero', { spec: { leaseDurationSeconds: 0 } }, 422],
  ['a negative duration', { spec: { leaseDurationSeconds: -1 } }, 422],
  ['a duration with a fraction', { spec: { leaseDurationSeconds: 1.5 } }, 400],
  ['a duration of more than 32 bits', { spec: { leaseDurationSeconds: 2 ** 31 } }, 400],
  ['a duration that is text', { spec: { leaseDurationSeconds: '15' } }, 400],
  ['negative transitions', { spec: { leaseTransitions: -1 } }, 422],
  ['a holder that is a number', { spec: { holderIdentity: 7 } }, 400],
  ['a name in capitals', { metadata: { name: 'My-App' } }, 422],
  ['a name that is too long', { metadata: { name: 'x'.repeat(254) } }, 422],
  ['no name', { metadata: { name: '' } }, 422],
  ['an owner without uid', { metadata: { ownerReferences: [{ ...OWNER, uid: '' }] } }, 422],
  ['an owner without apiVersion', { metadata: { ownerReferences: [{ ...OWNER, apiVersion: '' }] } }, 422],
  ['a label value with spaces', { metadata: { labels: { a: 'b c' } } }, 422],
  ['a label key that is none', { metadata: { labels: { '/': 'b' } } }, 422],
  ['a label that is a number', { metadata: { labels: { a: 1 } } }, 400],
  ['annotations of more than 256 KiB', { metadata: { annotations: { a: 'x'.repeat(262_145) } } }, 422],
]

export const validation: readonly Case[] = [
  ...refusals.map(
    ([what, { spec = {}, metadata = {} }, code]): Case => ({
      fact: `${what} is ${code}`,
      async check(leases) {
        const answer = await leases.create({ metadata: { name: leases.name(), ...metadata }, spec })
        assertStatus(answer, code, code === 400 ? 'BadRequest' : 'Invalid')
      },
    }),
  ),
  {
    fact: 'a time with six fractional digits comes back as it was, one of another zone in UTC',
    async check(leases) {
      const spec = { renewTime: '2026-11-22T14:03:00.123456Z', acquireTime: '2026-11-22T16:03:00.000001+02:00' }
      const { body } = await leases.create({ metadata: { name: leases.name() }, spec })
      assert.equal(body.spec.renewTime, '2026-11-22T14:03:00.123456Z')
      assert.equal(body.spec.acquireTime, '2026-11-22T14:03:00.000001Z')
    },
  },
  {
    fact: 'null counts as absent',
    async check(leases) {
      const spec = { renewTime: null, holderIdentity: null, leaseDurationSeconds: null }
      const { status, body } = await leases.create({ metadata: { name: leases.name(), labels: null }, spec })
      assert.deepEqual([status, body.spec, body.metadata.labels], [201, {}, undefined])
    },
  },
  {
    fact: 'while CoordinatedLeaderElection is off, strategy and preferredHolder are dropped, but stay managed',
    async check(leases) {
      const spec = { holderIdentity: 'a', strategy: 'nonsense', preferredHolder: 'b' }
      const { status, body } = await leases.create({ metadata: { name: leases.name() }, spec })
      assert.deepEqual([status, body.spec], [201, { holderIdentity: 'a' }])
      const managed = { 'f:holderIdentity': {}, 'f:preferredHolder': {}, 'f:strategy': {} }
      assert.deepEqual(body.metadata.managedFields[0].fieldsV1, { 'f:spec': managed })
    },
  },
  {
    fact: 'an empty holder is stored as such',
    async check(leases) {
      assert.deepEqual((await leases.created(leases.name(), { holderIdentity: '' })).spec, { holderIdentity: '' })
    },
  },
  {
    fact: 'unknown fields are dropped; with fieldValidation=Strict they are 400',
    async check(leases) {
      const lease = () => ({ metadata: { name: leases.name() }, spec: { holderIdentity: 'a', colour: 'blue' } })
      const { status, body } = await leases.create(lease())
      assert.deepEqual([status, body.spec], [201, { holderIdentity: 'a' }])
      assertStatus(await leases.create(lease(), '?fieldValidation=Strict'), 400, 'BadRequest', {
        message: /unknown field "spec.colour"/,
      })
    },
  },
  {
    fact: 'an invalid Lease is told field by field',
    async check(leases) {
      const name = leases.name()
      const answer = await leases.create({
        metadata: { name },
        spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
      })
      assertStatus(answer, 422, 'Invalid', {
        message: new RegExp(
          `^Lease.coordination.k8s.io "${name}" is invalid: \\[spec.leaseDurationSeconds: Invalid value: 0`,
        ),
      })
      assert.deepEqual(
        answer.body.details.causes.map(({ field, reason }: Record<string, string>) => [field, reason]),
        [
          ['spec.leaseDurationSeconds', 'FieldValueInvalid'],
          ['spec.leaseTransitions', 'FieldValueInvalid'],
        ],
      )
    },
  },
]
