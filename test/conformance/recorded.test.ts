/**
 * The embedded server says what a real one says: requests to kube-apiserver 1.36.3, in order and in one namespace, with
 * what was answered. Status, reason, message and details agree, and so do the objects.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import RECORDED from './recorded/api-server.json' with { type: 'json' }
import { type Answer, Target } from './target.ts'

const NAMESPACE = 'recorded'

let server: LeaseServer
let target: Target
/** Versions as they were recorded, and what they are here. */
const versions = new Map<string, string>()

beforeAll(async () => {
  server = await startLeaseServer()
  server.createNamespace(NAMESPACE)
  target = new Target(server.kubeConfig())
})
afterAll(() => server.close())

test.each(RECORDED)('$name', async ({ steps }) => {
  for (const { request, answer } of steps) {
    const received = await repeat(request)
    note(answer.body, received)
    const expected = { status: answer.status, body: neutral(onlyPresent(answer.body, received)) }
    expect({ status: received.status, body: neutral(received.body) }).toEqual(expected)
  }
})

interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly contentType?: string
  readonly headers?: { readonly Authorization: string }
  readonly body?: unknown
}

function repeat({ method, path, contentType, headers, body }: RecordedRequest): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  return target.send(method, path.replace('NAMESPACE', NAMESPACE), {
    body: text?.replace(
      /("resourceVersion":")(\d+)/g,
      (_all, name, version) => name + (versions.get(version) ?? version),
    ),
    ...(contentType && { contentType }),
    ...(headers && { headers }),
  })
}

function note(recorded: unknown, { body }: Answer): void {
  const before = (recorded as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion
  if (before && body.metadata?.resourceVersion) versions.set(before, body.metadata.resourceVersion)
}

/** Of a recorded list, the objects that are here too: those of requests that were not recorded are not. */
function onlyPresent(recorded: unknown, { body }: Answer): unknown {
  const { items } = recorded as { items?: readonly Named[] }
  if (!items) return recorded
  const names = new Set((body.items as readonly Named[]).map(({ metadata }) => metadata.name))
  return { ...(recorded as object), items: items.filter(({ metadata }) => names.has(metadata.name)) }
}

interface Named {
  readonly metadata: { readonly name: string }
}

/** Without what differs from one run to the next: uids, times, versions and random suffixes. */
function neutral(body: unknown): unknown {
  const text = JSON.stringify(body)
    .replaceAll(NAMESPACE, 'NAMESPACE')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/(resourceVersion[\\"]+:[\\"]+)\d+/g, '$1VERSION')
    .replace(/current: \d+/g, 'current: VERSION')
    .replace(/G_[a-z0-9]{5}/g, 'G_SUFFIX')
  return JSON.parse(text)
}
