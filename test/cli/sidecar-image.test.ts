/**
 * The sidecar's image, as far as it can be told without docker: the files that its Dockerfile copies onto the base image,
 * in a folder of their own. They are all that the command line needs; and it writes nothing.
 */
import { chmod, cp, glob, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dump } from 'js-yaml'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { manifestsOf, readManifestsArguments } from '../../src/cli/manifests.ts'
import { startLeaseServer } from '../../src/testing/index.ts'
import { type CommandProcess, startProgram } from '../support/command.ts'
import { podEnvironment } from '../support/environment.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const dockerfile = await readFile(join(ROOT, 'example/sidecar/Dockerfile'), 'utf8')

/** Bytes: what docs/command-line.md states that the image has on top of its base. */
const LARGEST = 1_500_000

let app: string

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'leader-election-image-'))
  for (const [, installed, to] of dockerfile.matchAll(
    /^COPY --from=package \/package\/node_modules\/(\S+) \.\/(\S*)$/gm,
  )) {
    const target = join(app, to!, to === '' || to!.endsWith('/') ? basename(installed!) : '')
    await mkdir(dirname(target), { recursive: true })
    await cp(join(ROOT, sourceOf(installed!)), target, { recursive: true })
  }
  for (const file of await everything()) await chmod(join(app, file), (await lstat(join(app, file))).mode & 0o555)
})

afterAll(async () => {
  for (const file of await everything()) await chmod(join(app, file), 0o755)
  await rm(app, { recursive: true })
})

/** The package itself is the repository here, but for its command line, which the tests bundle. */
function sourceOf(installed: string): string {
  const [, own] = /^kubernetes-leader-election\/(.*)$/.exec(installed) ?? []
  return own === 'dist/cli' ? '.cache/cli' : (own ?? join('node_modules', installed))
}

async function everything(): Promise<string[]> {
  const files = ['.']
  for await (const file of glob('**', { cwd: app })) files.push(file)
  return files
}

/** Where it may read, but neither write nor start anything, whoever runs the test. */
const NOTHING_BUT_READING = ['--permission', '--allow-fs-read=*', '--allow-net'].filter((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag.split('=')[0]!),
)

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): CommandProcess {
  const main = join(app, 'dist/cli/main.js')
  const places = { HOME: app, TMPDIR: app, NODE_ENV: 'production' }
  return startProgram(process.execPath, [...NOTHING_BUT_READING, main, ...args], { ...env, ...places }, { cwd: app })
}

test('its files are small', async () => {
  const sizes = await Promise.all((await everything()).map(async (file) => (await lstat(join(app, file))).size))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LARGEST)
})

test('every command starts from them', async () => {
  const { code, stdout, stderr } = await start(['--help']).exited
  expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
  const commands = stdout.flatMap((line) => /^ {2}([a-z]+) {2}/.exec(line)?.[1] ?? [])
  expect(commands).toEqual(expect.arrayContaining(['elect', 'manifests']))
  const helps = await Promise.all(commands.map((command) => start([command, '--help']).exited))
  for (const help of helps) expect(help).toMatchObject({ code: 0, stderr: [] })
})

test('an election leads and gives the Lease back, without a file being written', async () => {
  await using server = await startLeaseServer()
  const { env, cleanUp } = await podEnvironment(server, 'web-1', 'my-app')
  onTestFinished(cleanUp)
  const before = await states()
  const command = start(['elect', '--renewable'], env)
  await command.line(/web-1 became the leader, fencing token \d+$/)
  command.process.kill('SIGTERM')
  expect((await command.exited).code).toBe(0)
  expect(server.leases.get('my-app')?.spec).toMatchObject({ holderIdentity: '' })
  expect(await states()).toEqual(before)
})

test('a kubeconfig in YAML is read, and YAML written', async () => {
  await using server = await startLeaseServer()
  const { env, cleanUp } = await podEnvironment(server, 'web-1', 'my-app')
  onTestFinished(cleanUp)
  await writeFile(env.KUBECONFIG, dump(JSON.parse(await readFile(env.KUBECONFIG, 'utf8'))))
  const command = start(['elect', '--renewable'], env)
  await command.line(/web-1 became the leader/)
  expect((await start(['manifests', 'my-app']).exited).stdout).toContain('kind: Role')
})

test('it runs as the user that `manifests` gives the sidecar, and by a number', () => {
  const [, user] = /^USER (\d+)$/m.exec(dockerfile)!
  const objects = manifestsOf(readManifestsArguments(['my-app', '--sidecar'])).map(({ object }) => object)
  expect(objects.at(-1)).toMatchObject({
    spec: { template: { spec: { initContainers: [{ securityContext: { runAsUser: Number(user) } }] } } },
  })
})

async function states() {
  const files = (await everything()).sort()
  return Promise.all(files.map(async (file) => [file, (await lstat(join(app, file))).mtimeMs] as const))
}
