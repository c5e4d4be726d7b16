/** Others than ES modules on Node: CommonJS, Jest, TypeScript's old resolver, Bun and Deno. Installs what it needs with npm. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startLeaseServer } from '../../src/testing/index.ts'
import { startProgram } from '../support/command.ts'
import { readDocuments } from '../support/documents.ts'
import { podEnvironment } from '../support/environment.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PEERS = ['xstate@5', '@kubernetes/client-node@2']
const TOOLS = ['jest@30', 'ts-jest@29', '@types/jest@30', 'typescript@5', '@types/node@24', 'bun@1', 'deno@2']
const MINUTE = 60_000

let project: string
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'leader-election-consumers-'))
  await writeFile(join(project, 'package.json'), '{ "private": true }')
  await run('npm', ['install', '--no-audit', '--no-fund', inject('tarball'), ...PEERS, ...TOOLS], { cwd: project })
}, 5 * MINUTE)
afterAll(() => rm(project, { recursive: true }))

const write = (file: string, text: string) => writeFile(join(project, file), text)
const bin = (name: string) => join(project, 'node_modules', '.bin', name)

test('`require` of both entry points works in CommonJS', async () => {
  await write(
    'required.cjs',
    `const { LeaderElection } = require('kubernetes-leader-election')
     const { startLeaseServer } = require('kubernetes-leader-election/testing')
     startLeaseServer().then(async (cluster) => {
       const election = new LeaderElection('my-app', cluster.pod('a'))
       const { isLeading } = await election.becomeLeaderForLife()
       console.log(isLeading())
       await election.stop()
       await cluster.close()
     })`,
  )
  const { stdout } = await run(process.execPath, ['required.cjs'], { cwd: project, timeout: MINUTE })
  expect(stdout).toBe('true\n')
})

const IN_TYPESCRIPT = `import { LeaderElection } from 'kubernetes-leader-election'
import { startLeaseServer } from 'kubernetes-leader-election/testing'

test('leads', async () => {
  const cluster = await startLeaseServer()
  try {
    const election = new LeaderElection('my-app', cluster.pod('a'))
    const { isLeading } = await election.becomeLeaderForLife()
    expect(isLeading()).toBe(true)
    await election.stop()
  } finally {
    await cluster.close()
  }
})
`
/** As an older project has it, which does not know `exports`. */
const OLD_TSCONFIG = {
  module: 'commonjs',
  moduleResolution: 'node10',
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  strict: true,
  esModuleInterop: true,
  skipLibCheck: true,
  types: ['node', 'jest'],
}
/** As the guide has them: for `require`, and for `await import`. */
const inGuide = (await readDocuments())
  .flatMap(({ blocks }) => blocks)
  .filter(({ language, place }) => language === 'js' && place.startsWith('docs/guide.md: Jest'))
  .map(({ code }) => code)

test('types resolve for `moduleResolution: node10`', async () => {
  await write('leads.test.ts', IN_TYPESCRIPT)
  await write(
    'tsconfig.json',
    JSON.stringify({ compilerOptions: { ...OLD_TSCONFIG, noEmit: true }, files: ['leads.test.ts'] }),
  )
  await run(bin('tsc'), ['--project', project])
  // Types, and not `any`.
  await write('leads.test.ts', IN_TYPESCRIPT.replace("cluster.pod('a')", 'cluster.pod(1)'))
  await expect(run(bin('tsc'), ['--project', project])).rejects.toMatchObject({
    stdout: expect.stringContaining("'number' is not assignable to parameter of type 'string'"),
  })
})

describe('Jest, with NODE_OPTIONS=--experimental-vm-modules,', () => {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
  const jest = async (config: object, file: string, code: string) => {
    await write(file, code)
    await write('jest.config.json', JSON.stringify({ testEnvironment: 'node', ...config }))
    const env = { ...process.env, NODE_OPTIONS: '--experimental-vm-modules' }
    return run(process.execPath, [bin('jest'), '--config', 'jest.config.json', file], { cwd: project, env })
  }
  const passed = { stderr: expect.stringContaining('1 passed, 1 total') }

  test.skipIf(major < 24 || (major === 24 && minor < 9))(
    'runs tests in CommonJS (`require` needs Node 24.9)',
    async () => {
      expect(await jest({}, 'leads.test.js', inGuide[0]!)).toMatchObject(passed)
    },
    MINUTE,
  )

  test.skipIf(major < 24 || (major === 24 && minor < 9))(
    'runs what ts-jest makes of TypeScript (which needs Node 24.9)',
    async () => {
      await write('tsconfig.json', JSON.stringify({ compilerOptions: OLD_TSCONFIG }))
      expect(await jest({ preset: 'ts-jest' }, 'leads.test.ts', IN_TYPESCRIPT)).toMatchObject(passed)
    },
    MINUTE,
  )

  test(
    'runs `await import`',
    async () => {
      expect(await jest({}, 'imports.test.js', inGuide[1]!)).toMatchObject(passed)
    },
    MINUTE,
  )
})

test.each([
  ['bun', []],
  ['deno', ['run', '--allow-all', '--node-modules-dir=manual']],
])("the README's first example runs on %s", async (runtime, args) => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  await write('example.mts', /^```ts\n(.*?)^```$/ms.exec(readme)![1]!)
  await using server = await startLeaseServer()
  const { env, cleanUp } = await podEnvironment(server, 'web-1', 'my-app')
  const example = startProgram(bin(runtime), [...args, 'example.mts'], env, { cwd: project })
  await example.line(/^this pod leads, fencing token \d+ true$/)
  expect(server.leases.get('my-app')?.spec).toMatchObject({ holderIdentity: 'web-1' })
  example.process.kill('SIGKILL')
  await example.exited
  await cleanUp()
})
