/** How a process finds its cluster: kubeconfig files as kubectl takes them, and the service account of a pod. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Places } from '../src/kubernetes/access/places.ts'
import { ambientAccess } from '../src/kubernetes/access/surroundings-access.ts'
import { INTERVAL, LEASE, TestCluster } from './support/cluster.ts'
import { withEnvironment } from './support/environment.ts'

const root = await mkdtemp(join(tmpdir(), 'leader-election-kubeconfig-'))
afterAll(() => rm(root, { recursive: true }))

let directory: string
let time: number
beforeEach(async () => {
  directory = await mkdtemp(join(root, 'test-'))
  time = 0
})

const SERVER = 'https://10.0.0.1:6443'

interface Config {
  context?: string
  server?: string
  cluster?: object
  user?: object
}

/** The text of a kubeconfig with one context, cluster and user, all of the same name. */
function kubeConfig({ context = 'main', server = SERVER, cluster = {}, user = { token: 'secret' } }: Config): string {
  return JSON.stringify({
    clusters: [{ name: context, cluster: { server, ...cluster } }],
    users: [{ name: context, user }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    'current-context': context,
  })
}

async function put(name: string, content: string): Promise<string> {
  const file = join(directory, name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}

/** Those of a process whose KUBECONFIG lists these files of the test's directory. */
function places(files: readonly string[], env: Record<string, string> = {}): Places {
  const list = files.map((file) => join(directory, file)).join(delimiter)
  return { env: { KUBECONFIG: list, ...env }, serviceAccount: join(directory, 'service-account'), now: () => time }
}

async function accessOf(config: Config) {
  await put('config', kubeConfig(config))
  return ambientAccess(places(['config']))
}

test('of the files that KUBECONFIG lists, missing ones are skipped, and who defines a name first wins as a whole', async () => {
  await put('one', kubeConfig({ user: { username: 'me' } }))
  await put('two', kubeConfig({ server: 'https://other', user: { password: 'p', token: 'other' } }))
  const access = await ambientAccess(places(['missing', 'one', 'two', 'one']))
  expect(access.server).toBe(SERVER)
  const { headers } = await access.credentials()
  expect(headers).toEqual({ Authorization: `Basic ${Buffer.from('me:').toString('base64')}` })
})

test('a context of one file may lead to a cluster of another; the first current-context counts', async () => {
  await put('one', JSON.stringify({ 'current-context': 'second' }))
  await put('two', kubeConfig({ context: 'first' }))
  await put('three', kubeConfig({ context: 'second', server: 'https://second/path/' }))
  expect((await ambientAccess(places(['one', 'two', 'three']))).server).toBe('https://second/path')
})

test('paths are relative to the file that names them', async () => {
  await put('one', kubeConfig({ context: 'unused' }))
  await put('elsewhere/ca.pem', 'authorities')
  await put('elsewhere/cert.pem', 'certificate')
  await put('elsewhere/key.pem', 'key')
  await put('elsewhere/token', 'secret\n')
  const user = { 'client-certificate': 'cert.pem', 'client-key': './key.pem', tokenFile: 'token' }
  const cluster = { 'certificate-authority': '../elsewhere/ca.pem', 'tls-server-name': 'api' }
  await put('elsewhere/config', kubeConfig({ cluster, user }))
  const { tls, headers } = await (await ambientAccess(places(['elsewhere/config', 'one']))).credentials()
  expect(headers).toEqual({ Authorization: 'Bearer secret' })
  expect(Object.fromEntries(Object.entries(tls).map(([name, value]) => [name, String(value)]))).toEqual({
    ca: 'authorities',
    cert: 'certificate',
    key: 'key',
    servername: 'api',
  })
})

test('data goes before a file of the same, and what is not to be verified is not', async () => {
  const data = (text: string) => Buffer.from(text).toString('base64')
  const { tls } = await (
    await accessOf({
      cluster: { 'certificate-authority': 'none', 'certificate-authority-data': data('authorities') },
      user: {
        'client-certificate-data': data('certificate'),
        'client-certificate': 'none',
        'client-key-data': data('key'),
      },
    })
  ).credentials()
  expect([tls.ca, tls.cert, tls.key].map(String)).toEqual(['authorities', 'certificate', 'key'])
  const lax = await accessOf({ server: 'http://10.0.0.1', cluster: { 'insecure-skip-tls-verify': true } })
  expect((await lax.credentials()).tls).toEqual({ rejectUnauthorized: false })
})

test('a user may act as another one, with groups and whatever else', async () => {
  const user = { as: 'jane', 'as-uid': '7', 'as-groups': ['a', 'b'], 'as-user-extra': { 'Example.com/Scope': ['x'] } }
  const { headers } = await (await accessOf({ user })).credentials()
  expect(headers).toEqual({
    'Impersonate-User': 'jane',
    'Impersonate-Uid': '7',
    'Impersonate-Group': ['a', 'b'],
    'Impersonate-Extra-example.com%2Fscope': ['x'],
  })
})

test('a token file is read anew after a minute; while it can not be read, what was read still counts', async () => {
  const file = await put('token', 'one')
  const access = await accessOf({ user: { tokenFile: 'token', token: 'unused' } })
  const authorization = async () => (await access.credentials()).headers.Authorization
  expect(await authorization()).toBe('Bearer one')
  await writeFile(file, 'two')
  time += 59_999
  expect(await authorization()).toBe('Bearer one')
  time += 1
  expect(await authorization()).toBe('Bearer two')
})

test('a rotation that is half done does not cost the token that was there', async () => {
  const file = await put('token', 'one')
  const access = await accessOf({ user: { tokenFile: 'token' } })
  await access.credentials()
  await writeFile(file, '')
  time += 60_000
  expect((await access.credentials()).headers).toEqual({ Authorization: 'Bearer one' })
  await writeFile(file, 'two')
  expect((await access.credentials()).headers).toEqual({ Authorization: 'Bearer two' })
})

test('a token file that is not there is told with its name, until it is there', async () => {
  const access = await accessOf({ user: { tokenFile: 'token' } })
  await expect(access.credentials()).rejects.toThrow(
    `the tokenFile of the user "main" in ${directory}/config can't be read: ENOENT`,
  )
  await put('token', 'one')
  expect((await access.credentials()).headers).toEqual({ Authorization: 'Bearer one' })
})

test.each<[string, string, string]>([
  [
    'a number in place of text',
    kubeConfig({ user: { token: 123456 } }),
    'token is a number; expected text, so put it in quotes',
  ],
  [
    'no current context',
    '{"contexts": [{"name": "x", "context": {}}]}',
    'set current-context to a context whose cluster has a server, one of x',
  ],
  ['a context without a cluster', '{"contexts": [{"name": "x"}], "current-context": "x"}', 'names no cluster'],
  [
    'a context whose user is nowhere',
    '{"clusters": [{"name": "c"}], "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"}',
    'names the user "u", but no kubeconfig file defines it; known: none',
  ],
  [
    'a server that is no URL',
    kubeConfig({ server: '10.0.0.1:6443' }),
    'has the server "10.0.0.1:6443"; expected a URL like',
  ],
  ['plain HTTP that is not said to be meant', kubeConfig({ server: 'http://10.0.0.1' }), 'without TLS; use https'],
  ['a certificate without its key', kubeConfig({ user: { 'client-certificate': 'x' } }), 'give its client-key too'],
  ['groups without a user', kubeConfig({ user: { 'as-groups': ['x'] } }), 'say with `as` as which user'],
  ['a list that is none', '{"users": {"x": 1}}', 'users in'],
  ['a nameless user', '{"users": [{"user": {}}]}', 'users[0] in'],
  ['no mapping', '[]', 'holds no mapping'],
])('%s is a configuration error that names the file', async (_name, text, message) => {
  const file = await put('config', text)
  const failure = await ambientAccess(places(['config'])).catch((error: Error) => error)
  expect(failure).toMatchObject({ name: 'KubeConfigError', message: expect.stringContaining(message) })
  expect(String(failure)).toContain(file)
})

test('the error for broken YAML names file and line, and quotes no secret', async () => {
  const file = await put('config', 'users:\n- name: me\n  user:\n    token: "secret\n')
  const failure = (await ambientAccess(places(['config'])).catch((error: Error) => error)) as Error
  expect(failure.message).toMatch(new RegExp(`^the kubeconfig can't be read: ${file} is no YAML: .*line \\d+$`))
  expect(`${failure.message} ${failure.cause}`).not.toContain('secret')
})

test("a password in the server's URL, which is not used, is told nowhere", async () => {
  await put('config', kubeConfig({ server: 'https://admin:hunter2@10.0.0.1:6443/' }))
  expect((await ambientAccess(places(['config']))).server).toBe('https://10.0.0.1:6443')
  for (const server of ['http://admin:hunter2@10.0.0.1', 'ftp://admin:hunter2@10.0.0.1']) {
    await put('config', kubeConfig({ server }))
    const failure = await ambientAccess(places(['config'])).catch((error: Error) => error)
    expect(String(failure)).toMatch(/10\.0\.0\.1/)
    expect(String(failure)).not.toMatch(/hunter2/)
  }
})

test('YAML is read as well as JSON', async () => {
  await put(
    'config',
    `apiVersion: v1
clusters:
- {name: c, cluster: {server: "${SERVER}/"}}
users:
- name: u
  user:
    token: secret
contexts:
- name: x
  context: {cluster: c, user: u, namespace: shop}
current-context: x
`,
  )
  const access = await ambientAccess(places(['config']))
  expect(access).toMatchObject({ server: SERVER, namespace: 'shop' })
  expect((await access.credentials()).headers).toEqual({ Authorization: 'Bearer secret' })
})

const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }

test("in a pod, where no kubeconfig says anything, the service account's files are used", async () => {
  await put('service-account/ca.crt', 'authorities')
  await put('service-account/namespace', 'shop\n')
  const token = await put('service-account/token', 'one\n')
  const access = await ambientAccess(places(['missing'], IN_CLUSTER))
  expect(access).toMatchObject({ server: 'https://[fd00::1]:443', namespace: 'shop', proxyUrl: undefined })
  expect(await access.credentials()).toEqual({ tls: { ca: 'authorities' }, headers: { Authorization: 'Bearer one' } })
  await writeFile(token, 'two')
  time += 60_000
  expect((await access.credentials()).headers).toEqual({ Authorization: 'Bearer two' })
})

test('a service account without the address of the API server says which variables are missing', async () => {
  await put('service-account/token', 'one')
  await expect(ambientAccess(places([]))).rejects.toThrow(
    'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set',
  )
})

test('files that are all missing, without a service account, are named', async () => {
  await expect(ambientAccess(places(['missing']))).rejects.toThrow(
    `no file that KUBECONFIG names is there, or says anything (looked for ${join(directory, 'missing')})`,
  )
})

test('only the same credentials for the same server have the same key, which tells none of them', async () => {
  const config: Config = { user: { token: 'secret' } }
  const { key } = await accessOf(config)
  expect((await accessOf(config)).key).toBe(key)
  expect(key).not.toContain('secret')
  const others: Config[] = [
    { user: { token: 'other' } },
    { user: { tokenFile: 'secret' } },
    { user: { token: 'secret', as: 'jane' } },
    { server: 'https://other' },
    { cluster: { 'certificate-authority': 'secret' } },
    { cluster: { 'proxy-url': 'http://proxy' } },
    { user: { token: 'secret', exec: { command: 'x' } } },
  ]
  const keys = [key]
  for (const other of others) keys.push((await accessOf(other)).key)
  expect(new Set(keys).size).toBe(others.length + 1)
})

test('an election leads by a tokenFile, and reads it anew at once when its token is refused', async () => {
  await using cluster = await TestCluster.start({ tls: true })
  await using _ = await withEnvironment(cluster.server, 'a', LEASE)
  const config = JSON.parse(cluster.server.kubeConfigYaml('a'))
  const file = await put('token', config.users[0].user.token)
  config.users[0].user = { tokenFile: file }
  await writeFile(process.env.KUBECONFIG!, JSON.stringify(config))
  const a = await cluster.leader('a', { kubeConfig: undefined })
  await writeFile(file, cluster.server.rotateToken('a')) // well within the minute for which the old one is kept
  const renewed = () => a.events.filter(({ type }) => type === 'renewed').length
  const before = renewed()
  await cluster.elapse(3 * INTERVAL)
  expect(renewed()).toBeGreaterThanOrEqual(before + 2)
  expect(a.work.terms).toHaveLength(1)
  expect(a.election.isLeading()).toBe(true)
})

/** The packages that a process has imported once it has its credentials; it prints them with the credentials. */
async function importsFor(files: readonly string[], env: Record<string, string> = {}) {
  const { env: itsEnv, serviceAccount } = places(files, env)
  const script = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ resolve: (specifier, context, next) => {
      const found = next(specifier, context)
      urls.push(found.url)
      return found
    } })
    const { ambientAccess } = await import(${JSON.stringify(new URL('../src/kubernetes/access/surroundings-access.ts', import.meta.url).href)})
    const access = await ambientAccess({ env: ${JSON.stringify(itsEnv)}, serviceAccount: ${JSON.stringify(serviceAccount)}, now: () => 0 })
    const { headers } = await access.credentials()
    const packages = urls.filter((url) => url.includes('/node_modules/')).map((url) => url.split('/node_modules/').at(-1))
    console.log(JSON.stringify({ headers, packages }))`
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 })
  return JSON.parse(stdout) as { headers: Record<string, string>; packages: string[] }
}

test('a service account, and a kubeconfig with a token, need no package at all', async () => {
  await put('service-account/token', 'one')
  const secret = { headers: { Authorization: 'Bearer one' }, packages: [] }
  expect(await importsFor(['missing'], IN_CLUSTER)).toEqual(secret)
  await put('config', kubeConfig({ user: { token: 'one' } }))
  expect(await importsFor(['config'])).toEqual(secret)
})

test('a kubeconfig in YAML needs its parser, and an exec plug-in the one file of client-node that runs it', async () => {
  const credential = { kind: 'ExecCredential', status: { token: 'told' } }
  const print = `console.log(${JSON.stringify(JSON.stringify(credential))})`
  const plugIn = await put('bin/plug-in', `#!${process.execPath}\n${print}`)
  await chmod(plugIn, 0o700)
  const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './bin/plug-in' } }
  await put('config', `# YAML\n${kubeConfig({ user })}`)
  const { headers, packages } = await importsFor(['config'])
  expect(headers).toEqual({ Authorization: 'Bearer told' })
  expect(packages.filter((file) => !file.startsWith('js-yaml/'))).toEqual(['@kubernetes/client-node/dist/exec_auth.js'])
})

test('an auth-provider is asked by the whole of client-node', async () => {
  const user = {
    as: 'jane',
    'auth-provider': { name: 'gcp', config: { 'access-token': 'told', expiry: '2999-01-01T00:00:00Z' } },
  }
  const { headers } = await (await accessOf({ user })).credentials()
  expect(headers).toEqual({ Authorization: 'Bearer told', 'Impersonate-User': 'jane' })
})
