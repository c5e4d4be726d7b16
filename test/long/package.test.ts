/** The package as a user gets it: what is in it, and the example application, unchanged. */
import { execFile } from 'node:child_process'
import { access, copyFile, glob, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadAllYaml } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { freePort } from '../support/free-port.ts'
import { installPackage } from '../support/installed-package.ts'
import { COMPILER_OPTIONS, outputOf, startInPod, typeCheck } from '../support/user-project.ts'

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
  expect((await third.exited).code, outputOf(third)).toBe(0)
  expect(outputOf(third)).not.toContain('Error')
  first.process.kill('SIGTERM')
  await second.line(/^working, fencing token \d+$/)
  expect(await first.exited).toMatchObject({ code: 0 })
  expect(server.leases.get('example')?.spec).toMatchObject({ holderIdentity: 'web-2', leaseDurationSeconds: 5 })
  second.process.kill('SIGTERM')
  expect(await second.exited).toMatchObject({ code: 0 })
  expect(server.leases.get('example')).toBeUndefined()

  // Nothing was refused, and no right is unused: `patch` is for renewals.
  expect(server.requests.filter(({ status }) => status === 403)).toEqual([])
  const asked = new Set(server.requests.map(({ verb }) => verb))
  expect([...asked, 'patch'].sort()).toEqual(expect.arrayContaining(['create', 'delete', 'get', 'patch', 'watch']))
})

test('the inspector example hands the statechart to whoever connects, as the page of the inspector does, and no secret', async () => {
  await using server = await startLeaseServer()
  await copyFile(at('example/inspector.ts'), `${project.directory}/inspector.ts`)
  const PORT = String(await freePort())
  const program = await start(server, 'inspector.ts', 'web-1', { PORT })
  await program.line(/^this process leads, fencing token \d+$/)
  const messages: string[] = []
  const leads = Promise.withResolvers<void>()
  const page = new WebSocket(`ws://localhost:${PORT}`)
  page.addEventListener('message', ({ data }) => {
    messages.push(String(data))
    if (String(data).includes('"renewal":"holding"')) leads.resolve()
  })
  await leads.promise
  const [actor] = messages.map((text) => JSON.parse(text))
  expect(actor).toMatchObject({ type: '@xstate.actor', definition: expect.stringContaining('"observing"') })
  const token = server.kubeConfig('web-1').getCurrentUser()!.token!
  expect(messages.filter((text) => text.includes(token))).toEqual([])
  page.close()
  program.process.kill('SIGTERM')
  expect(await program.exited).toMatchObject({ code: 0, stderr: [] })
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

test("the examples type-check against the package's declarations", async () => {
  const folder = join(project.directory, 'types')
  await mkdir(folder)
  for (const file of ['app.ts', 'inspector.ts']) await copyFile(at(`example/${file}`), join(folder, file))
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }))
  await typeCheck(folder)
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
    const { process: child, line, exited } = await start(server, args, 'a', { ...(KUBECONFIG && { KUBECONFIG }) })
    await line(/became the leader, fencing token \d+$/)
    child.kill('SIGTERM')
    expect(await exited).toMatchObject({ code: 0 })
  }
})

test('the command line is what it needs: client-node is loaded from where it is installed', async () => {
  const folder = `${project.directory}/node_modules/kubernetes-leader-election/dist/cli`
  let size = 0
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.js'))
  expect(files).toEqual(expect.arrayContaining(['main.js', join('run', 'guard.js')]))
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8')
    expect(text, file).not.toContain('class KubeConfig ')
    size += text.length
  }
  expect(size).toBeLessThan(1_100_000)
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

test('the documents and their pictures are in the package', async () => {
  const root = `${project.directory}/node_modules/kubernetes-leader-election`
  const documents: string[] = []
  for await (const file of glob(['README.md', 'CHANGELOG.md', 'docs/*.md'], { cwd: root })) documents.push(file)
  expect(documents.length).toBeGreaterThan(8)
  let pictures = 0
  for (const document of documents) {
    const text = await readFile(join(root, document), 'utf8')
    for (const [, address] of text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) {
      await access(join(root, dirname(document), address!))
      pictures += 1
    }
  }
  expect(pictures).toBeGreaterThan(1)
})

function start(server: LeaseServer, script: string | readonly string[], pod: string, more: Record<string, string>) {
  return startInPod(server, project.directory, script, pod, more)
}
