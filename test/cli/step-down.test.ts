/** `step-down` as people and scripts meet it: real processes that lead, and one that asks them to hand over. */
import { expect, test } from 'vitest'
import { STEP_DOWN_ANNOTATION } from '../../src/lease/record.ts'
import type { LeaseServer } from '../../src/testing/index.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { inside, LEASE, serve } from '../support/command-surroundings.ts'

/** A candidate in a process of its own, that leads. */
async function leader(server: LeaseServer, pod: string, ...flags: string[]) {
  const command = startCommand(['elect', ...flags], await inside(server, pod))
  await command.line(/became the leader/)
  return command
}

const requestOn = (server: LeaseServer) =>
  (server.leases.get(LEASE)?.metadata.annotations as Record<string, string> | undefined)?.[STEP_DOWN_ANNOTATION]

test('another candidate leads, and how long each part took is told', async () => {
  const server = await serve()
  await leader(server, 'web-1', '--renewable')
  const other = startCommand(['elect', '--renewable'], await inside(server, 'web-2'))
  await other.line(/the leader is web-1|web-1 is the leader|web-1/)
  const operator = await inside(server, 'operator')
  const { code, stdout, stderr } = await runCommand(['step-down', LEASE], operator)
  expect(stdout).toEqual([
    expect.stringMatching(/^my-app: web-1 gave the Lease back \d+ ms after it was asked; web-2 leads, \d+ ms later$/),
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
  expect(requestOn(server)).toBeUndefined()
})

test('one that leads for life gives it back and ends', async () => {
  const server = await serve()
  const first = await leader(server, 'web-1')
  const other = startCommand(['elect'], await inside(server, 'web-2'))
  await other.line(/web-1/)
  const { code, stdout } = await runCommand(['step-down', '--json'], await inside(server, 'operator'))
  expect(code).toBe(0)
  expect(JSON.parse(stdout[0]!)).toMatchObject({ type: 'handedOver', leaseName: LEASE, from: 'web-1', to: 'web-2' })
  expect(await first.exited).toMatchObject({
    code: 1,
    stderr: expect.arrayContaining([expect.stringContaining('asked')]),
  })
})

test('alone, the same one leads again, which is told', async () => {
  const server = await serve()
  await leader(
    server,
    'web-1',
    '--renewable',
    '--interval',
    '100ms',
    '--lease-duration',
    '1s',
    '--renew-deadline',
    '500ms',
  )
  const { code, stdout } = await runCommand(['step-down'], await inside(server, 'operator'))
  expect(stdout[0]).toMatch(/nobody else took it, and web-1 leads again, \d+ ms later/)
  expect(code).toBe(0)
})

test('with nobody to ask it ends with 1, and says whether there is a Lease at all', async () => {
  const server = await serve()
  const operator = await inside(server, 'operator')
  expect(await runCommand(['step-down'], operator)).toMatchObject({
    code: 1,
    stdout: [],
    stderr: ['my-app: nobody leads: there is no such Lease'],
  })
  server.leases.put({ metadata: { name: LEASE }, spec: { holderIdentity: '' } })
  expect(await runCommand(['step-down', '--json'], operator)).toMatchObject({ code: 1, stderr: [] })
})

test('a leader that does not know the request is named, and the request taken back: after the timeout, or Ctrl-C', async () => {
  const server = await serve()
  const time = '2026-11-22T14:03:00.123456Z'
  const spec = { holderIdentity: 'theirs', leaseDurationSeconds: 15, acquireTime: time, renewTime: time }
  server.leases.put({ metadata: { name: LEASE }, spec })
  const operator = await inside(server, 'operator')
  const { code, stderr } = await runCommand(['step-down', '--timeout', '300ms'], operator)
  expect(code).toBe(1)
  expect(stderr[0]).toMatch(/theirs did not hand over within 300 ms: .* The request was taken back\.$/)
  expect(requestOn(server)).toBeUndefined()
  const asked = Promise.withResolvers<void>()
  using _ = server.leases.onChange(() => requestOn(server) === time && asked.resolve())
  const interrupted = startCommand(['step-down'], operator)
  await asked.promise
  interrupted.process.kill('SIGINT')
  expect(await interrupted.exited).toMatchObject({ code: 130 })
  expect(requestOn(server)).toBeUndefined()
})

const READER = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, watch] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: User, name: operator }]
`

test('a holder whose term the Lease does not tell is named, and not asked', async () => {
  const server = await serve()
  server.leases.put({ metadata: { name: 'my-app' }, spec: { holderIdentity: 'web-1', leaseDurationSeconds: 15 } })
  const { code, stderr } = await runCommand(['step-down'], await inside(server, 'operator'))
  const sentence = 'my-app: nobody can be asked: the Lease tells no term of web-1: it has no acquireTime'
  expect({ code, stderr }).toEqual({ code: 1, stderr: [sentence] })
  expect(requestOn(server)).toBeUndefined()
})

test('what the server says reaches no terminal as control characters', async () => {
  const server = await serve()
  server.faults.add({ verb: 'get', status: 500, message: 'evil\u001b[2J\u202ename' })
  const { code, stderr } = await runCommand(['step-down'], await inside(server, 'operator'))
  expect({ code, stderr }).toEqual({ code: 3, stderr: [expect.stringContaining('evil\\u{1b}[2J\\u{202e}name')] })
})

test('who may not patch the Lease is told the rule to add', async () => {
  const server = await serve()
  await leader(server, 'web-1', '--renewable')
  const operator = await inside(server, 'operator')
  server.rbac.apply(READER)
  const { code, stderr } = await runCommand(['step-down'], operator)
  expect(code).toBe(3)
  expect(stderr.join('\n')).toMatch(/cannot patch resource "leases"/)
  expect(requestOn(server)).toBeUndefined()
})
