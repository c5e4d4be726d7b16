/** Kubernetes' protobuf on the wire, beside JSON: the same objects either way. */
import { expect, test } from 'vitest'
import { readProtobuf, writeProtobuf } from '../../src/testing/http/protobuf.ts'
import { startLeaseServer } from '../../src/testing/index.ts'
import { client, LEASES } from './client.ts'
import { transportTo } from './transport.ts'

const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const LEASE = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name: 'x',
    labels: { app: 'web' },
    annotations: { 'example.com/note': 'Köln' },
    finalizers: ['example.com/held'],
    ownerReferences: [
      {
        kind: 'Unknown',
        name: 'a',
        uid: 'u',
        apiVersion: 'example.com/v1',
        controller: true,
        blockOwnerDeletion: false,
      },
    ],
  },
  spec: {
    holderIdentity: '',
    leaseDurationSeconds: 15,
    acquireTime: '2026-11-22T14:03:00.000001Z',
    renewTime: '2026-11-22T14:03:00.123456Z',
    leaseTransitions: 0,
  },
}

/** Bytes of requests and answers, by a client that speaks nothing but protobuf. */
async function startWithProtobuf() {
  const server = await startLeaseServer()
  const { token } = server.kubeConfig().getCurrentUser() as { token: string }
  const open = transportTo(server, 'HTTP/2')
  const send = async (method: string, path: string, object?: object) => {
    const { status, headers, body } = await open({
      method,
      path,
      headers: { Authorization: `Bearer ${token}`, Accept: PROTOBUF, 'Content-Type': PROTOBUF },
      ...(object && { body: writeProtobuf(object)! }),
    })
    const chunks: Buffer[] = []
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const type = headers.get('content-type')
    return { status, type, object: type === PROTOBUF ? readProtobuf(bytes) : JSON.parse(bytes.toString()) }
  }
  return { server, send, [Symbol.asyncDispose]: () => server.close() }
}

test('a lease that is created and read in protobuf is what JSON shows, and nothing of it is lost', async () => {
  await using cluster = await startWithProtobuf()
  const created = await cluster.send('POST', LEASES, LEASE)
  expect([created.status, created.type]).toEqual([201, PROTOBUF])
  const { body } = await client(cluster.server).get('x')
  expect(body).toMatchObject(LEASE)
  expect(created.object).toEqual(body)
  const read = await cluster.send('GET', `${LEASES}/x`)
  expect(read.object).toEqual(body)
  const list = await cluster.send('GET', LEASES)
  expect(list).toMatchObject({ type: PROTOBUF, object: { kind: 'LeaseList', items: [{ metadata: { name: 'x' } }] } })
})

test('deletions with preconditions, access reviews and events are read in protobuf too', async () => {
  await using cluster = await startWithProtobuf()
  await cluster.send('POST', LEASES, { ...LEASE, metadata: { name: 'x' } })
  const options = (uid: string) => ({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } })
  expect((await cluster.send('DELETE', `${LEASES}/x`, options('other'))).status).toBe(409)
  const { uid } = cluster.server.leases.get('x')!.metadata
  const deleted = await cluster.send('DELETE', `${LEASES}/x`, options(uid))
  expect(deleted).toMatchObject({ status: 200, type: PROTOBUF, object: { kind: 'Status', details: { uid } } })
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: { verb: 'get', group: 'coordination.k8s.io', resource: 'leases', namespace: 'default' },
    },
  }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  expect(await cluster.send('POST', path, review)).toMatchObject({ status: 201, object: { status: { allowed: true } } })
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'default' },
    involvedObject: { kind: 'Lease', name: 'x' },
    reason: 'LeaderElection',
    firstTimestamp: '2026-11-22T14:03:00Z',
    count: 1,
  }
  const told = await cluster.send('POST', '/api/v1/namespaces/default/events', event)
  expect(told).toMatchObject({ status: 201, type: PROTOBUF, object: event })
})

test('a watch in protobuf is a stream of frames, each with its length before it', async () => {
  await using cluster = await startWithProtobuf()
  const { token } = cluster.server.kubeConfig().getCurrentUser() as { token: string }
  await cluster.send('POST', LEASES, { ...LEASE, metadata: { name: 'x' } })
  const { headers, body } = await transportTo(
    cluster.server,
    'HTTP/2',
  )({
    method: 'GET',
    path: `${LEASES}?watch=true`,
    headers: { Authorization: `Bearer ${token}`, Accept: `${PROTOBUF};stream=watch` },
  })
  expect(headers.get('content-type')).toBe(`${PROTOBUF};stream=watch`)
  let received = Buffer.alloc(0)
  for await (const chunk of body as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk])
    if (received.length > 4 && received.length >= 4 + received.readUInt32BE(0)) break
  }
  const event = received.subarray(4, 4 + received.readUInt32BE(0))
  expect(event.subarray(2, 7).toString()).toBe('ADDED')
  expect(readProtobuf(event.subarray(event.indexOf('k8s\0')))).toMatchObject({ kind: 'Lease', metadata: { name: 'x' } })
})

test.each([
  ['what is no protobuf', Buffer.from('{"metadata":{}}')],
  ['half a message', Buffer.from(writeProtobuf(LEASE)!).subarray(0, 60)],
  ['a kind that nobody knows', Buffer.from(writeProtobuf(LEASE)!.map((byte) => (byte === 0x4c ? 0x4d : byte)))],
])('%s is 400', async (_name, bytes) => {
  await using cluster = await startWithProtobuf()
  const { token } = cluster.server.kubeConfig().getCurrentUser() as { token: string }
  const { status } = await transportTo(
    cluster.server,
    'HTTP/1.1',
  )({
    method: 'POST',
    path: LEASES,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': PROTOBUF },
    body: bytes,
  })
  expect(status).toBe(400)
})
