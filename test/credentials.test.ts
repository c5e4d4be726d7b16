/** Where credentials come from, and what becomes of a source that fails, hangs or changes. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { expect, onTestFinished, test } from 'vitest'
import { createActor } from 'xstate'
import { createElectionMachine, type ElectionActor } from '../src/index.ts'
import { loadAccess, reloadAccess } from '../src/kubernetes/access/cluster-access.ts'
import { ApiClient, type QueuedRequest } from '../src/kubernetes/api-client.ts'
import { INTERVAL, LEASE, TestCluster, worker } from './support/cluster.ts'
import { withEnvironment } from './support/environment.ts'
import { settled } from './support/traffic.ts'

const request: QueuedRequest = {
  method: 'GET',
  path: '/version',
  urgency: { purpose: 'look' },
  signal: new AbortController().signal,
  onSent: () => {},
}

test.each<[string, unknown, string]>([
  ['a text', 'the vault is sealed', 'the vault is sealed'],
  ['an error without a message but with a code', Object.assign(new Error(), { code: 'EVAULT' }), 'EVAULT'],
  ['an error of errors', new AggregateError([new Error('one'), new Error('two')]), 'AggregateError'],
])('a kubeConfig function that throws %s is retried, and the log tells what it threw', async (_name, thrown, told) => {
  await using cluster = await TestCluster.start()
  let calls = 0
  const { election, log } = cluster.candidate('a', {
    namespace: undefined, // so that it is the kubeconfig's, and needed first of all
    kubeConfig: () => {
      calls += 1
      if (calls <= 2) throw thrown // for the watch, and for the first read
      return cluster.server.kubeConfig('a')
    },
  })
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  expect(log.join('\n')).toContain(`${told}; failure 1 in a row`)
})

test.each([
  ['at the start', 1],
  ['when it is asked for fresh credentials', 2],
])('a kubeConfig function that never settles, %s, is given up and called again', async (_name, hangingCall) => {
  await using cluster = await TestCluster.start()
  let calls = 0
  const kubeConfig = async () => {
    calls += 1
    if (calls === hangingCall) return new Promise<never>(() => {})
    return cluster.server.kubeConfig('a')
  }
  const a = cluster.candidate('a', { kubeConfig })
  void a.election.lead(worker().run).catch(() => {})
  if (hangingCall > 1) {
    await cluster.until(() => a.election.isLeading())
    cluster.server.faults.add({ from: 'a', verb: 'patch', status: 401, times: 2 })
    await cluster.until(() => calls === hangingCall)
  }
  await cluster.until(() => calls > hangingCall && a.election.isLeading())
})

test('a kubeconfig file that is no kubeconfig is a configuration error that says so', async () => {
  await using cluster = await TestCluster.start()
  await using _ = await withEnvironment(cluster.server, 'a', LEASE)
  await writeFile(process.env.KUBECONFIG!, '{ clusters: [')
  const { election } = cluster.candidate('a', { kubeConfig: undefined })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(100)
  expect(await failure).toMatchObject({
    name: 'KubeConfigError',
    message: expect.stringContaining("the kubeconfig can't be read: "),
    cause: expect.any(Error),
  })
})

test('a path in place of a KubeConfig is refused by the statechart too', async () => {
  const machine = createElectionMachine({ kubeConfig: '/etc/kube/config' as never })
  const actor = createActor(machine, { input: { leaseName: LEASE, namespace: 'default', term: 'renewable' } })
  const failure = Promise.withResolvers<unknown>()
  actor.subscribe({ error: failure.resolve })
  actor.start()
  expect(await failure.promise).toMatchObject({
    name: 'KubeConfigError',
    message: expect.stringContaining('kubeConfig is [object String]; expected a KubeConfig'),
  })
})

test('a kubeconfig without a namespace means `default`', async () => {
  await using cluster = await TestCluster.start()
  const kubeConfig = cluster.server.kubeConfig('a')
  for (const context of kubeConfig.getContexts()) Reflect.deleteProperty(context, 'namespace')
  await cluster.leader('a', { kubeConfig, namespace: undefined, owner: undefined })
  expect(cluster.server.leases.list().map(({ metadata }) => metadata.namespace)).toEqual(['default'])
})

test('a kubeconfig without credentials asks as nobody, and the error says that they were refused', async () => {
  await using cluster = await TestCluster.start()
  const kubeConfig = cluster.server.kubeConfig('a')
  kubeConfig.users = [{ name: 'a' }]
  const { election } = cluster.candidate('a', { kubeConfig, startTimeout: 0 })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(1_000)
  const { name, message } = (await failure) as Error
  expect(name).toBe('UnauthorizedError')
  expect(message).toContain(
    'get lease default/my-app: 401: Unauthorized. The credentials were refused, and refreshed ones too',
  )
})

test('concurrent requests whose token was rotated share one refresh', async () => {
  await using cluster = await TestCluster.start()
  let calls = 0
  const connection = new ApiClient(() => {
    calls += 1
    return cluster.server.kubeConfig('a')
  })
  const release = connection.acquire()
  await connection.send(request, (answer) => answer)
  cluster.server.rotateToken('a')
  const answers = await Promise.all([
    connection.send(request, (answer) => answer),
    connection.send(request, (answer) => answer),
    connection.send(request, (answer) => answer),
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(calls).toBe(2)
  release()
})

test("an authenticator of the application's own is still asked after a token was refused", async () => {
  await using cluster = await TestCluster.start()
  const kubeConfig = cluster.server.kubeConfig('a')
  kubeConfig.users = [{ name: 'a', authProvider: { name: 'vault', config: {} } }]
  let token = JSON.parse(cluster.server.kubeConfigYaml('a')).users[0].user.token
  kubeConfig.addAuthenticator({
    isAuthProvider: (user) => user.authProvider?.name === 'vault',
    applyAuthentication: async (_user, options) => {
      options.headers = { ...options.headers, Authorization: `Bearer ${token}` }
    },
  })
  const a = await cluster.leader('a', { kubeConfig })
  token = cluster.server.rotateToken('a')
  await cluster.elapse(2 * INTERVAL)
  expect(a.work.terms).toHaveLength(1)
  expect(a.election.isLeading()).toBe(true)
})

test('a kubeconfig that fails to load after its election has ended does not disturb the next one', async () => {
  await using cluster = await TestCluster.start()
  const first = Promise.withResolvers<KubeConfig>()
  let calls = 0
  const connection = new ApiClient(() => {
    calls += 1
    return calls === 1 ? first.promise : cluster.server.kubeConfig('a')
  })
  const endFirst = connection.acquire()
  const early = connection.send(request, (answer) => answer).catch((error: Error) => error.message)
  endFirst()
  const endSecond = connection.acquire()
  expect((await connection.send(request, (answer) => answer)).status).toBe(200)
  first.reject(new Error('too late'))
  expect(await early).toBe('too late')
  expect((await connection.send(request, (answer) => answer)).status).toBe(200)
  expect(calls).toBe(2)
  endSecond()
})

test('elections of one machine share its connections: one that ends, even before they stand, leaves them to the others', async () => {
  await using cluster = await TestCluster.start()
  const kubeConfig = Promise.withResolvers<KubeConfig>()
  const machine = createElectionMachine({ kubeConfig: () => kubeConfig.promise })
  const start = (leaseName: string): ElectionActor =>
    createActor(machine, { input: { leaseName, identity: 'a', namespace: 'default', term: 'renewable' } }).start()
  const [one, two, three] = [start('one'), start('two'), start('three')]
  one.send({ type: 'stop' })
  kubeConfig.resolve(cluster.server.kubeConfig('a'))
  const leads = (actor: ElectionActor) => actor.getSnapshot().matches('leading')
  await expect.poll(() => [leads(two), leads(three)]).toEqual([true, true])
  two.send({ type: 'stop' })
  await expect.poll(() => two.getSnapshot().status).toBe('done')
  const lost = new Promise((resolve) => three.on('lost', resolve))
  cluster.server.leases.delete('three')
  expect(await lost).toMatchObject({ reason: { kind: 'leaseDeleted' } }) // it still hears of its Lease
  three.send({ type: 'stop' })
  await expect.poll(() => cluster.server.openConnections).toBe(0)
})

test("what a given KubeConfig knows of its user becomes the request's headers", async () => {
  await using cluster = await TestCluster.start({ tls: true })
  const kubeConfig = cluster.server.kubeConfig('a')
  kubeConfig.users = [{ name: 'a', username: 'me', password: 'secret', impersonateUser: 'jane' }]
  const access = await loadAccess(kubeConfig)
  const { tls, headers } = await access.credentials()
  expect(headers).toEqual({ Authorization: `Basic ${btoa('me:secret')}`, 'Impersonate-User': 'jane' })
  expect(Object.keys(tls)).toEqual(['ca'])
  expect(access.key).toBe((await reloadAccess(kubeConfig)).key)
})

test("a given KubeConfig that is switched to another cluster sends that one's credentials to nobody", async () => {
  await using cluster = await TestCluster.start()
  const kubeConfig = cluster.server.kubeConfig('a')
  const access = await loadAccess(kubeConfig)
  kubeConfig.addCluster({ name: 'other', server: 'https://other', skipTLSVerify: false })
  kubeConfig.addContext({ name: 'other', cluster: 'other', user: 'a' })
  kubeConfig.setCurrentContext('other')
  await expect(access.credentials()).rejects.toThrow(/led to https?:.*, and now to https:\/\/other/)
})

test('elections whose users have the same name, but not the same credentials, share no watch', async () => {
  await using cluster = await TestCluster.start()
  const named = (identity: string) => {
    const kubeConfig = cluster.server.kubeConfig(identity)
    const [{ token }, context] = [kubeConfig.getCurrentUser()!, kubeConfig.getContexts()[0]!]
    kubeConfig.users = [{ name: 'admin', token: token! }]
    Object.assign(context, { user: 'admin' })
    return kubeConfig
  }
  await cluster.leader('a', { kubeConfig: named('a') })
  await cluster.follower('b', { kubeConfig: named('b') })
  await cluster.follower('c', { kubeConfig: named('a') })
  expect(cluster.server.openWatches).toBe(2)
})

test('a credential plug-in gives the token; one that fails is told with what it said, and retried', async () => {
  await using cluster = await TestCluster.start()
  const plugIn = await makePlugIn(`
    const { existsSync, writeFileSync } = require('node:fs')
    if (!existsSync(__filename + '.failed')) {
      writeFileSync(__filename + '.failed', '')
      console.error('please log in')
      process.exit(1)
    }
    const status = { token: process.env.TOKEN }
    console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }))`)
  const { election, log } = cluster.candidate('a', { kubeConfig: withPlugIn(cluster, plugIn.path) })
  void election.becomeLeaderForLife()
  await expect.poll(() => advanceUntil(cluster, () => election.isLeading()), { timeout: 10_000 }).toBe(true)
  expect(log.join('\n')).toContain('please log in')
})

test('a credential plug-in that hangs is started once, however many requests wait for it', async () => {
  await using cluster = await TestCluster.start()
  const plugIn = await makePlugIn(`
    require('node:fs').appendFileSync(__filename + '.started', process.pid + '\\n')
    setInterval(() => {}, 1_000)`)
  const kubeConfig = withPlugIn(cluster, plugIn.path)
  const { election } = cluster.candidate('a', { kubeConfig, endAfterRetries: true })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await expect.poll(() => plugIn.started()).toHaveLength(1)
  await cluster.elapse(70_000)
  expect(await failure).toMatchObject({ name: 'RetriesExhaustedError' })
  await new Promise((resolve) => setTimeout(resolve, 200)) // in which another one would have started
  expect(await plugIn.started()).toHaveLength(1)
})

/** A program that stands for a credential plug-in; whatever processes it left are ended with the test. */
async function makePlugIn(source: string) {
  const directory = await mkdtemp(join(tmpdir(), 'leader-election-plug-in-'))
  const path = join(directory, 'plug-in.cjs')
  await writeFile(path, `#!${process.execPath}\n${source}`)
  await chmod(path, 0o700)
  const started = async () => {
    const pids = await readFile(`${path}.started`, 'utf8').catch(() => '')
    return pids.split('\n').filter(Boolean).map(Number)
  }
  onTestFinished(async () => {
    for (const pid of await started()) process.kill(pid)
    await rm(directory, { recursive: true })
  })
  return { path, started }
}

function withPlugIn({ server }: TestCluster, command: string): KubeConfig {
  const kubeConfig = server.kubeConfig('a')
  const { token } = JSON.parse(server.kubeConfigYaml('a')).users[0].user
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, env: [{ name: 'TOKEN', value: token }] }
  kubeConfig.users = [{ name: 'a', exec }]
  return kubeConfig
}

/** Programs take real time: the candidates' clocks go on a little with each look. */
async function advanceUntil(cluster: TestCluster, condition: () => boolean): Promise<boolean> {
  await cluster.elapse(10)
  await settled()
  return condition()
}
