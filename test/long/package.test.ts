/** The package as a user gets it: the example application and the README's examples, unchanged. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, copyFile, glob, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadAllYaml } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { podEnvironment } from '../support/environment.ts'
import { installPackage } from '../support/installed-package.ts'

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
let project: Awaited<ReturnType<typeof installPackage>>

beforeAll(async () => {
  project = await installPackage()
  await writeFile(`${project.directory}/package.json`, '{ "type": "module" }')
}, 60_000)
afterAll(() => project[Symbol.asyncDispose]())

test('the example works while it leads, hands over on SIGTERM, and ends by itself', async () => {
  await using server = await startLeaseServer()
  await copyFile(at('example/app.ts'), `${project.directory}/app.ts`)
  // With the rights of the deployment's own Role, and no others.
  server.rbac.apply(await readFile(at('example/deployment.yml'), 'utf8'))
  for (const pod of ['web-1', 'web-2', 'web-3']) server.pod(pod, { serviceAccount: 'example' })
  const first = await start(server, 'app.ts', 'web-1', { LEASE_NAME: 'example', INTERVAL: '2500' })
  await first.line(/^working, fencing token \d+$/)
  const second = await start(server, 'app.ts', 'web-2', { LEASE_NAME: 'example', INTERVAL: '2500' })
  await second.line(/web-1 leads/)
  // As in a roll-out: a follower is stopped too.
  const third = await start(server, 'app.ts', 'web-3', { LEASE_NAME: 'example', INTERVAL: '2500' })
  await third.line(/web-1 leads/)
  third.process.kill('SIGTERM')
  const { code, output } = await third.exit
  expect(code, output.join('\n')).toBe(0)
  expect(output.join('\n')).not.toContain('Error')
  first.process.kill('SIGTERM')
  await second.line(/^working, fencing token \d+$/)
  expect(await first.exit).toMatchObject({ code: 0 })
  expect(server.leases.get('example')?.spec).toMatchObject({ holderIdentity: 'web-2', leaseDurationSeconds: 5 })
  second.process.kill('SIGTERM')
  expect(await second.exit).toMatchObject({ code: 0 })
  expect(server.leases.get('example')).toBeUndefined()

  // Nothing was refused, and no right is unused: `patch` is for renewals.
  expect(server.requests.filter(({ status }) => status === 403)).toEqual([])
  const asked = new Set(server.requests.map(({ verb }) => verb))
  expect([...asked, 'patch'].sort()).toEqual(expect.arrayContaining(['create', 'delete', 'get', 'patch', 'watch']))
})

test('the deployment gives the example its environment, and no more rights than leases', async () => {
  const [deployment, , role] = loadAllYaml(await readFile(at('example/deployment.yml'), 'utf8')) as unknown as [
    { spec: { replicas: number; template: { spec: { containers: { env: { name: string }[] }[] } } } },
    unknown,
    { rules: { apiGroups: string[]; resources: string[] }[] },
  ]
  expect(deployment.spec.replicas).toBe(2)
  const env = deployment.spec.template.spec.containers[0]!.env.map(({ name }) => name)
  expect(env).toEqual(expect.arrayContaining(['LEASE_NAME', 'POD_NAME', 'POD_UID', 'POD_NAMESPACE']))
  for (const rule of role.rules)
    expect(rule).toMatchObject({ apiGroups: ['coordination.k8s.io'], resources: ['leases'] })
})

const examples = [...(await readFile(at('README.md'), 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code]) => code!,
)

test('the README has an example for each way of use', () => {
  expect(examples).toHaveLength(5)
})

test.each([
  ['first', 0, /^this pod leads, fencing token \d+ true$/],
  ['for life', 1, /my-app: a became the leader/],
  ['while leading', 2, /^one step, with fencing token \d+$/],
  ['as a statechart', 3, /^I lead$/],
])("the README's example %s runs as it is", async (_name, index, expected) => {
  await using server = await startLeaseServer()
  await writeFile(`${project.directory}/example-${index}.ts`, examples[index]!)
  const { process, line, exit } = await start(server, `example-${index}.ts`, 'a', { LEASE_NAME: 'my-app' })
  await line(expected)
  expect(server.leases.get('my-app')?.spec).toMatchObject({ holderIdentity: 'a' })
  if (!examples[index]!.includes('SIGTERM')) return
  process.kill('SIGTERM')
  expect(await exit).toMatchObject({ code: 0 })
  expect((server.leases.get('my-app')?.spec as { holderIdentity?: string })?.holderIdentity ?? '').toBe('')
})

test.each([
  ['first', 0],
  ['for life', 1],
  ['while leading', 2],
  ['as a statechart', 3],
])("the README's example %s ends with 0 when a follower is stopped", async (_name, index) => {
  await using server = await startLeaseServer()
  const now = new Date().toISOString().replace('Z', '000Z')
  server.leases.put({
    metadata: { name: 'my-app' },
    spec: { holderIdentity: 'another', leaseDurationSeconds: 600, renewTime: now, acquireTime: now },
  })
  await writeFile(`${project.directory}/follower-${index}.ts`, examples[index]!)
  const { process, exit } = await start(server, `follower-${index}.ts`, 'a', { LEASE_NAME: 'my-app' })
  await expect.poll(() => server.openWatches, { timeout: 10_000 }).toBe(1)
  await expect.poll(() => server.requests.some(({ verb, status }) => verb === 'get' && status === 200)).toBe(true)
  process.kill('SIGTERM')
  const { code, output } = await exit
  expect(code, output.join('\n')).toBe(0)
})

const hasUsing = Number(process.versions.node.split('.')[0]) >= 24
test.skipIf(!hasUsing)(
  "the README's test of a user's application runs as it is (`await using` needs Node 24)",
  async () => {
    await using server = await startLeaseServer()
    await writeFile(`${project.directory}/example-test.ts`, examples[4]!)
    const { exit } = await start(server, 'example-test.ts', 'x', {})
    const { code, output } = await exit
    expect(code, output.join('\n')).toBe(0)
    expect(output.join('\n')).toContain('pass 1')
  },
)

test("a user's project type-checks the examples and the application against the package's declarations", async () => {
  const { directory } = project
  for (const [index, code] of examples.entries()) await writeFile(`${directory}/types-${index}.ts`, code)
  await copyFile(at('example/app.ts'), `${directory}/types-app.ts`)
  const options = {
    target: 'es2023',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: ['node'],
    skipLibCheck: true,
  }
  await writeFile(`${directory}/tsconfig.json`, JSON.stringify({ compilerOptions: options, include: ['types-*.ts'] }))
  await promisify(execFile)(at('node_modules/.bin/tsc'), ['--project', directory])
})

test('the command line stands for election as installed, also with a credential plug-in, which client-node runs', async () => {
  await using server = await startLeaseServer()
  const config = JSON.parse(server.kubeConfigYaml('a'))
  const [{ user }] = config.users
  const status = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: user.token },
  }
  user.exec = {
    apiVersion: status.apiVersion,
    command: process.execPath,
    args: ['-p', `JSON.stringify(${JSON.stringify(status)})`],
    interactiveMode: 'Never',
  }
  delete user.token
  await writeFile(`${project.directory}/exec.kubeconfig`, JSON.stringify(config))
  for (const KUBECONFIG of [undefined, 'exec.kubeconfig']) {
    const main = 'node_modules/kubernetes-leader-election/dist/cli/main.js'
    const args = [main, 'elect', '--identity', `with ${KUBECONFIG}`]
    const { process: child, line, exit } = await start(server, args, 'a', { ...(KUBECONFIG && { KUBECONFIG }) })
    await line(/became the leader, fencing token \d+$/)
    child.kill('SIGTERM')
    expect(await exit).toMatchObject({ code: 0 })
  }
})

test('the command line is what it needs: client-node is loaded from where it is installed', async () => {
  const folder = `${project.directory}/node_modules/kubernetes-leader-election/dist/cli`
  let size = 0
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8')
    expect(text, file).not.toContain('class KubeConfig ')
    size += text.length
  }
  expect(size).toBeLessThan(800_000)
})

test('source and declaration maps lead to files of the package, and stack traces to their lines', async () => {
  const root = `${project.directory}/node_modules/kubernetes-leader-election`
  let maps = 0
  for await (const file of glob('dist/**/*.map', { cwd: root })) {
    const { sources } = JSON.parse(await readFile(join(root, file), 'utf8')) as { sources: string[] }
    for (const source of sources) await access(join(root, dirname(file), source))
    maps += sources.length
  }
  expect(maps).toBeGreaterThan(100)
  const code = `import { LeaderElection } from 'kubernetes-leader-election'; new LeaderElection('My_App')`
  const args = ['--enable-source-maps', '--input-type=module', '--eval', code]
  const { stderr } = await promisify(execFile)(process.execPath, args, { cwd: project.directory }).catch(
    (error) => error,
  )
  expect(stderr).toMatch(/src[\\/]leader-election\.ts:\d+/)
})

test("the README's pictures are in the package", async () => {
  const root = `${project.directory}/node_modules/kubernetes-leader-election`
  const pictures = [...(await readFile(`${root}/README.md`, 'utf8')).matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(
    ([, address]) => address!,
  )
  expect(pictures.length).toBeGreaterThan(0)
  for (const address of pictures) if (!/^https:/.test(address)) await access(join(root, address))
})

async function start(
  server: LeaseServer,
  script: string | readonly string[],
  pod: string,
  more: Record<string, string>,
) {
  const { env, cleanUp } = await podEnvironment(server, pod, 'my-app')
  const child: ChildProcess = spawn(process.execPath, [script].flat(), {
    cwd: project.directory,
    env: { ...process.env, ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  const waiting = new Set<() => void>()
  const keep = (text: string) => {
    output.push(text)
    for (const look of [...waiting]) look()
  }
  createInterface({ input: child.stdout! }).on('line', keep)
  createInterface({ input: child.stderr! }).on('line', keep)
  const exit = once(child, 'close').then(([code]) => ({ code, output }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exit
    await cleanUp()
  })
  /** Resolves when a line matches; rejects when the process ends without one. */
  const line = (expected: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!output.some((text) => expected.test(text))) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      void exit.then(({ code }) => reject(new Error(`ended with ${code} before ${expected}:\n${output.join('\n')}`)))
    })
  return { process: child, line, exit }
}
