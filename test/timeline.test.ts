/** The page's account of who led when: by what each candidate said, and by its deadline where it said nothing more. */
import { loadYaml } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { yamlOf } from '../src/cli/demo/web/lease-yaml.ts'
import { type Term, Terms } from '../src/cli/demo/web/model/terms.ts'

/** Says at that time that it leads for so long; `validFor` 0: that it does not. */
function say(terms: Terms, pod: string, at: number, fencingToken: string, validFor: number): Term | undefined {
  return terms.note(pod, pod, { at, isLeading: validFor > 0, leader: pod, fencingToken, validFor })
}

test('terms that follow one another leave a gap, and no overlap', () => {
  const terms = new Terms()
  say(terms, 'a', 0, '1', 100)
  say(terms, 'a', 80, '1', 100)
  say(terms, 'a', 150, '1', 0)
  say(terms, 'b', 160, '2', 100)
  expect(terms.gaps(200)).toEqual([{ from: 150, until: 160, pods: [] }])
  expect(terms.overlaps(200)).toEqual([])
  expect(terms.leaders(200).map(({ pod }) => pod)).toEqual(['b'])
})

test('one that falls silent leads until its deadline, whenever it says later that it does not', () => {
  const terms = new Terms()
  say(terms, 'a', 0, '1', 100)
  expect(terms.leaders(99)).toHaveLength(1)
  expect(terms.leaders(100)).toHaveLength(0)
  expect(terms.gaps(130)).toEqual([{ from: 100, until: 130, pods: [] }])
  say(terms, 'b', 150, '2', 100)
  say(terms, 'a', 200, '1', 0)
  expect(terms.all[0]!.spans).toEqual([{ from: 0, until: 100 }])
  expect(terms.overlaps(210)).toEqual([])
})

test('two that lead at once are an overlap, for as long as both do', () => {
  const terms = new Terms()
  say(terms, 'a', 0, '1', 100)
  say(terms, 'b', 70, '2', 100)
  expect(terms.overlaps(90)).toEqual([{ from: 70, until: 90, pods: ['a', 'b'] }])
  expect(terms.overlaps(150)).toEqual([{ from: 70, until: 100, pods: ['a', 'b'] }])
  expect(terms.leaders(90)).toHaveLength(2)
})

test('a term that was in doubt meanwhile is one term in two spans; a process that ends has led until then', () => {
  const terms = new Terms()
  say(terms, 'a', 0, '1', 100)
  say(terms, 'a', 50, '1', 0)
  say(terms, 'a', 60, '1', 100)
  terms.end('a', 90)
  expect(terms.all).toMatchObject([
    {
      spans: [
        { from: 0, until: 50 },
        { from: 60, until: 90 },
      ],
    },
  ])
  expect(terms.end('a', 95)).toBeUndefined()
})

test('the Lease is shown as kubectl shows it: by name, with quotes only where YAML needs them', () => {
  const lease = {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    metadata: {
      name: 'demo',
      uid: '5dbe1b95-66b7-466b-8edb-dbcfaf3d1d52',
      resourceVersion: '104',
      managedFields: [{ manager: 'node' }],
      annotations: { 'kubernetes-leader-election/process': `{"it's":1}` },
      ownerReferences: [{ kind: 'Pod', apiVersion: 'v1', name: 'web-1', uid: '1e5' }],
    },
    spec: {
      holderIdentity: '',
      leaseDurationSeconds: 15,
      renewTime: '2026-11-26T10:03:52.156000Z',
      leaseTransitions: 0,
    },
  }
  const text = yamlOf(lease)
  expect(text).toBe(`apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  annotations:
    kubernetes-leader-election/process: '{"it''s":1}'
  name: demo
  ownerReferences:
  - apiVersion: v1
    kind: Pod
    name: web-1
    uid: "1e5"
  resourceVersion: "104"
  uid: 5dbe1b95-66b7-466b-8edb-dbcfaf3d1d52
spec:
  holderIdentity: ""
  leaseDurationSeconds: 15
  leaseTransitions: 0
  renewTime: "2026-11-26T10:03:52.156000Z"`)
  const { managedFields: _, ...metadata } = lease.metadata
  expect(loadYaml(text)).toEqual({ ...lease, metadata })
})
