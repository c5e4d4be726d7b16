/** The label on the leader's pod, by which a Service leads to it: real processes, and the pods that they label. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { Pods } from '../support/pods.ts'
import { startSidecar } from '../support/sidecar.ts'

const LABEL = ['--pod-label', 'leader=true']

const cluster = async () => {
  const server = await startLeaseServer()
  onTestFinished(() => server.close())
  return { server, pods: await Pods.watch(server) }
}
const leader = async (server: LeaseServer, pod: string) => {
  const sidecar = await startSidecar(server, pod, LABEL)
  await sidecar.line(/became the leader/)
  return sidecar
}
/** What a pod's process changed, in order. */
const changesOf = (server: LeaseServer, pod: string) =>
  server.requests
    .filter(({ identity, verb, status }) => identity === pod && verb === 'patch' && status === 200)
    .map(({ path }) => path.split('?')[0]!.split('/').slice(-2).join('/'))
/** Without its renewals, which come when they are due. */
const podsChangedBy = (server: LeaseServer, pod: string) =>
  changesOf(server, pod).filter((path) => path.startsWith('pods/'))

test('the label goes with the leadership, through an order and a death, and away from a pod that has it from before', async () => {
  const { server, pods } = await cluster()
  await pods.label('old', { leader: 'true', app: 'web' })
  await pods.label('other', { leader: 'false' })
  const a = await leader(server, 'web-1')
  await pods.until('leader', ['other', 'web-1'])
  expect(pods.labels.get('old')).toEqual({ app: 'web' })

  const b = await startSidecar(server, 'web-2', LABEL)
  await b.line(/web-1 leads/)
  a.process.kill('SIGKILL')
  await b.line(/became the leader/)
  await pods.until('leader', ['other', 'web-2'])

  b.process.kill('SIGTERM')
  expect(await b.exited).toMatchObject({ code: 0 })
  await pods.until('leader', ['other'])
  expect(changesOf(server, 'web-2').slice(-2)).toEqual(['pods/web-2', 'leases/my-app'])
})

test('a pod that changed since it was read is read anew', async () => {
  const { server, pods } = await cluster()
  await pods.label('old', { leader: 'true' })
  const conflict = server.faults.add({ resource: 'pods', verb: 'patch', name: 'old', status: 409, times: 1 })
  await leader(server, 'web-1')
  await pods.until('leader', ['web-1'])
  expect(conflict.hits).toBe(1)
  expect(podsChangedBy(server, 'web-1')).toEqual(['pods/web-1', 'pods/old'])
})

test("a request of the leader before, which comes too late, does not take the label from the next one's pod", async () => {
  const { server, pods } = await cluster()
  await pods.label('web-2', { leader: 'true' })
  const late = { resource: 'pods', verb: 'patch', name: 'web-2', from: 'web-1' } as const
  server.faults.add({ ...late, delay: 2_000, times: 1 })
  await leader(server, 'web-1')
  const b = await startSidecar(server, 'web-2', LABEL)
  await b.line(/web-1 leads/)
  await pods.until('leader', ['web-1', 'web-2'])
  server.faults.add({ from: 'web-1', resource: 'leases', status: 500 })
  await b.line(/became the leader/)
  await pods.until('leader', ['web-2'])
  const request = () =>
    server.requests.find(({ identity, path }) => identity === 'web-1' && path.includes('pods/web-2'))
  while (request()?.status === undefined) await nextTurn()
  expect(request()).toMatchObject({ verb: 'patch', status: 409 })
  expect(pods.with('leader')).toEqual(['web-2'])
})

test('a right that is missing is told with the rule to add; the election goes on without the label', async () => {
  const { server, pods } = await cluster()
  server.faults.add({ resource: 'pods', from: 'web-1', status: 403 })
  const sidecar = await leader(server, 'web-1')
  const warning = await sidecar.line(/the label is not where it should be/)
  expect(warning).toContain('{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "patch"] }')
  expect((await fetch(`${sidecar.url}/leader`)).status).toBe(200)
  expect(pods.with('leader')).toEqual([])
  sidecar.process.kill('SIGTERM')
  expect(await sidecar.exited).toMatchObject({ code: 0 })
  expect(server.leases.get('my-app')?.spec).toMatchObject({ holderIdentity: '' })
})

test('an API server that does not answer about pods holds nothing up: the Lease is given back', async () => {
  const { server, pods } = await cluster()
  const sidecar = await leader(server, 'web-1')
  await pods.until('leader', ['web-1'])
  server.faults.add({ resource: 'pods', from: 'web-1', hang: true })
  sidecar.process.kill('SIGTERM')
  const { code, stderr } = await sidecar.exited
  expect(code).toBe(0)
  expect(stderr.join('\n')).toContain('the label stays on this pod: GET /api/v1/namespaces/default/pods/web-1:')
  expect(server.leases.get('my-app')?.spec).toMatchObject({ holderIdentity: '' })
})

test('the rights that `manifests` prints are enough, and none of them is unused', async () => {
  const { server, pods } = await cluster()
  const { stdout } = await runCommand([
    'manifests',
    'my-app',
    '--sidecar',
    '--pod-label',
    'leader=true',
    '--port',
    '80',
  ])
  server.rbac.apply(stdout.join('\n'))
  await pods.label('old', { leader: 'true' })
  server.pod('web-1', { serviceAccount: 'my-app' })
  await leader(server, 'web-1')
  await pods.until('leader', ['web-1'])
  const used = server.requests.filter(({ identity, path }) => identity === 'web-1' && path.includes('/pods'))
  expect([...new Set(used.map(({ verb }) => verb))].sort()).toEqual(['get', 'list', 'patch'])
  expect(new Set(used.map(({ status }) => status))).toEqual(new Set([200]))
})

test('what somebody else has put in its place is left alone', async () => {
  const { server, pods } = await cluster()
  const sidecar = await leader(server, 'web-1')
  await pods.until('leader', ['web-1'])
  await pods.label('web-1', { leader: 'by-hand' })
  sidecar.process.kill('SIGTERM')
  expect(await sidecar.exited).toMatchObject({ code: 0 })
  expect(podsChangedBy(server, 'web-1')).toEqual(['pods/web-1'])
  expect(server.leases.get('my-app')?.spec).toMatchObject({ holderIdentity: '' })
})

test('what failed for a moment is tried again', async () => {
  const { server, pods } = await cluster()
  server.faults.add({ resource: 'pods', from: 'web-1', status: 500, times: 1 })
  const sidecar = await leader(server, 'web-1')
  await pods.until('leader', ['web-1'])
  expect(sidecar.stderr.filter((line) => line.includes('the label is not'))).toHaveLength(1)
})

test('without POD_NAME it is refused: exit code 2', async () => {
  const command = startCommand(['serve', 'my-app', ...LABEL])
  const { code, stderr } = await command.exited
  expect(code).toBe(2)
  expect(stderr[0]).toContain('POD_NAME not set: --pod-label')
})
