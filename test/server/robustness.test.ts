/** Whatever is sent to the embedded server: it answers with a Status or with an object, and goes on serving. */

import http from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { LEASES } from './client.ts'

let server: LeaseServer
let token: string
let before: unknown

beforeAll(async () => {
  server = await startLeaseServer()
  token = (server.kubeConfig().getCurrentUser() as { token: string }).token
  before = server.leases.put({ metadata: { name: 'kept' }, spec: { holderIdentity: 'a', leaseDurationSeconds: 15 } })
})
afterAll(() => server.close())

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const TYPES = [
  'application/json',
  'application/yaml',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/vnd.kubernetes.protobuf',
  'text/plain',
  '',
]

interface Answer {
  readonly status: number
  readonly body: string
}

function send(method: string, path: string, contentType: string, body: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
    }
    const request = http.request(server.url, { method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      // A watch has no end of its own.
      if (path.includes('watch=')) {
        resolve({ status: response.statusCode!, body: '{"kind":"Status"}' })
        response.destroy()
        return
      }
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks).toString() }))
    })
    request.once('error', reject)
    request.end(body)
  })
}

/** The server has answered in its own words, is not to blame, and still knows the one lease that nobody named. */
async function expectOrderly({ status, body }: Answer, method: string): Promise<void> {
  expect(status).toBeLessThan(500)
  if (status >= 400 && method !== 'HEAD')
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', code: status, message: expect.any(String) })
  expect(server.leases.get('kept')).toEqual(before)
}

const segment = fc.oneof(
  fc.constantFrom('x', '..', '%00', '%', '%2F', '%E0%A4%A', '~', 'a'.repeat(5000)),
  fc.webPath().map((path) => path.slice(1)),
)
const query = fc.oneof(
  fc.constantFrom(
    '',
    'limit=-1',
    'limit=x',
    'continue=%%',
    'resourceVersion=abc',
    'fieldSelector=a%3D%3D%3Db',
    'labelSelector=((',
    'dryRun=No',
    'timeoutSeconds=-5',
  ),
  fc.webQueryParameters(),
)

test('absurd paths and queries', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...METHODS),
      fc.constantFrom('', '/api/v1/', '/apis/coordination.k8s.io/v1/namespaces/', `${LEASES}/`),
      segment,
      query,
      async (method, root, last, parameters) => {
        const path = `${root || '/'}${last}?${parameters}`.replaceAll(/[^\x21-\x7e]/g, '')
        fc.pre(!path.includes('kept') && !(method === 'DELETE' && last === ''))
        await expectOrderly(await send(method, path, 'application/json', ''), method)
      },
    ),
    { numRuns: 300 },
  )
})

test('random bytes, random JSON, truncated JSON and wrong content types as bodies', async () => {
  const lease = JSON.stringify({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'x' },
    spec: { holderIdentity: 'a' },
  })
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc.nat(lease.length).map((length) => Buffer.from(lease.slice(0, length))),
    fc.record({ metadata: fc.anything(), spec: fc.anything() }).map((object) => Buffer.from(JSON.stringify(object))),
    fc
      .array(
        fc.record({ op: fc.constantFrom('add', 'remove', 'test', 'move'), path: fc.string(), value: fc.jsonValue() }),
      )
      .map((patch) => Buffer.from(JSON.stringify(patch))),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE'),
      fc.constantFrom(...TYPES),
      body,
      async (method, contentType, bytes) => {
        server.leases.put({ metadata: { name: 'x' }, spec: {} })
        const path = method === 'POST' ? LEASES : `${LEASES}/x?fieldManager=test`
        await expectOrderly(await send(method, path, contentType, bytes), method)
      },
    ),
    { numRuns: 400 },
  )
})

test('bodies of three megabytes and more', async () => {
  for (const size of [3 * 1024 * 1024 - 20, 3 * 1024 * 1024 + 1, 8 * 1024 * 1024]) {
    const answer = await send('POST', LEASES, 'application/json', `{"metadata":"${'x'.repeat(size)}"}`)
    expect(answer.status).toBe(size < 3 * 1024 * 1024 ? 400 : 413)
    await expectOrderly(answer, 'POST')
  }
})

test('random bytes instead of HTTP are answered with a Status, or by closing the connection', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
        let text = ''
        socket.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        socket.once('close', () => resolve(text))
        socket.once('error', () => resolve(text))
        socket.end(Buffer.concat([Buffer.from(bytes), Buffer.from('\r\n\r\n')]))
      })
      if (answer) expect(answer).toMatch(/^HTTP\/1\.1 4\d\d .*"kind":"Status"/s)
    }),
    { numRuns: 100 },
  )
  await expectOrderly(await send('GET', LEASES, '', ''), 'GET')
  expect(server.openConnections).toBeLessThanOrEqual(1)
})
