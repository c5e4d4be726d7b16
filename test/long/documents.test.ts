/** Every example of the documents, type-checked against the packed package and run as it stands there. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadAllYaml } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import type { CommandProcess } from '../support/command.ts'
import { readDocuments } from '../support/documents.ts'
import { freePort } from '../support/free-port.ts'
import { installPackage } from '../support/installed-package.ts'
import { openStream } from '../support/page-client.ts'
import { COMPILER_OPTIONS, outputOf, startInPod, typeCheck } from '../support/user-project.ts'

const MINUTE = 60_000
/** What examples need that this repository does not have. */
const PACKAGES = ['@nestjs/common@11', '@nestjs/core@11', 'reflect-metadata@0.2', 'rxjs@7']

const RBAC = { apiVersion: 'rbac.authorization.k8s.io/v1' }
/** Of the health endpoints. */
const PORT = String(await freePort())

interface Run {
  readonly server: LeaseServer
  readonly program: CommandProcess
}

interface Example {
  /** What else its environment says. */
  readonly env?: Readonly<Record<string, string>>
  /** Where it can't be waited for as it stands: what is put in place of what. */
  readonly edits?: readonly (readonly [from: string, to: string])[]
  /** Before it is started. */
  readonly prepare?: (server: LeaseServer) => void
  /** What it has to show. */
  readonly shows: (run: Run) => Promise<void>
  /** Where Node.js 22 can't run it. */
  readonly needsNode24?: boolean
}

/** Every `ts` block, by its place. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  'README.md: kubernetes-leader-election': { shows: leads(/^this pod leads, fencing token \d+ true$/) },
  'README.md: While leading': { shows: leads(/^one step, with fencing token \d+$/) },
  'README.md: As a statechart': { shows: leads(/^I lead$/) },
  'docs/guide.md: Health endpoints': {
    env: { PORT },
    async shows(run) {
      await run.program.line(/^working$/)
      await expect.poll(async () => (await health('/leader'))[0]).toBe(200)
      for (const path of ['/live', '/ready', '/']) {
        const [status, body] = await health(path)
        expect(status).toBe(200)
        expect(JSON.parse(body)).toMatchObject({ live: true, ready: true, status: { leader: 'a', isLeading: true } })
      }
      await endsInOrder(run)
    },
  },
  'docs/guide.md: NestJS': {
    async shows({ server, program }) {
      await program.line(/\[LeaderElection\].*a became the leader/)
      await program.line(/\[LeaderWork\].*working, fencing token \d+/)
      program.process.kill('SIGTERM')
      expect(await program.exited).toMatchObject({ signal: 'SIGTERM' }) // as Nest ends
      expect(outputOf(program)).toMatch(/work has ended/)
      expect(holderOf(server)).toBe('')
    },
  },
  'docs/guide.md: A cron-like job': {
    edits: [['60_000', '300']], // instead of each full minute
    async shows(run) {
      const runs = () => run.program.stdout.flatMap((line) => /^run (\d+), fencing token \d+$/.exec(line)?.[1] ?? [])
      await expect.poll(() => runs().length, { timeout: 10_000 }).toBeGreaterThan(3)
      const [first, ...others] = runs().map(Number) as [number, ...number[]]
      for (const [index, later] of others.entries()) expect(later).toBeGreaterThanOrEqual(first + index + 1)
      await endsInOrder(run)
    },
  },
  'docs/guide.md: An operator with informers': {
    prepare: (server) => void server.pod('there-before'),
    async shows(run) {
      await run.program.line(/^reconciled there-before$/)
      run.server.pod('new')
      await run.program.line(/^reconciled new$/)
      await endsInOrder(run)
    },
  },
  'docs/guide.md: Fencing what you write': {
    async shows({ program }) {
      const { code, stdout } = await program.exited
      expect(code, outputOf(program)).toBe(0)
      expect(stdout).toEqual(['written', expect.stringMatching(/^refused: somebody has led since .* token \d+$/)])
    },
  },
  'docs/guide.md: Metrics': { shows: leads(/my-app: a became the leader/) },
  'docs/metrics.md: Metrics': {
    env: { PORT },
    async shows(run) {
      const scrape = async () => (await health('/metrics'))[1]
      await expect.poll(() => scrape().catch(() => '')).toMatch(/^leader_election_master_status\{name="my-app"\} 1$/m)
      await endsInOrder(run)
    },
  },
  'docs/metrics.md: Metrics (2)': { shows: leads(/my-app: a became the leader/) },
  'docs/guide.md: Graceful shutdown': {
    env: { PORT: '0' },
    async shows(run) {
      await run.program.line(/^a step begins$/)
      await endsInOrder(run)
      const { stdout } = run.program
      expect(stdout.at(-1)).toMatch(/^the Lease is given back/)
      const count = (line: string) => stdout.filter((each) => each === line).length
      expect(count('a step is done')).toBe(count('a step begins'))
    },
  },
  'docs/guide.md: Several elections': {
    async shows({ server, program }) {
      const names = ['orders', 'invoices', 'mails']
      for (const name of names) await program.line(new RegExp(`^this pod does the ${name}$`))
      for (const name of names) expect(holderOf(server, `my-app-${name}`)).toBe('a')
      program.process.kill('SIGTERM')
      expect((await program.exited).code, outputOf(program)).toBe(0)
      for (const name of names) expect(holderOf(server, `my-app-${name}`)).toBe('')
    },
  },
  'docs/guide.md: Credentials': {
    async shows(run) {
      await run.program.line(/^kubeconfig loaded$/)
      await run.program.line(/^this pod leads$/)
      await endsInOrder(run)
    },
  },
  'docs/see-it.md: The viewer': {
    async shows(run) {
      const { 1: url } = /^the statechart: (http:\S+)$/.exec(await run.program.line(/^the statechart: /))!
      const page = await openStream(url!)
      await page.first(({ data }) => JSON.stringify(data).includes('"renewal":"holding"'))
      await endsInOrder(run)
      await page.ended
    },
  },
  'docs/statechart.md: As a child of your machine': {
    async shows(run) {
      await leads(/^the child leads$/)(run)
      expect(run.program.stdout.at(-1)).toBe('the election has ended')
    },
  },
  'docs/testing-your-application.md: Test your application': {
    needsNode24: true, // `await using`
    async shows({ program }) {
      expect((await program.exited).code, outputOf(program)).toBe(0)
      expect(outputOf(program)).toContain('pass 1')
    },
  },
}

/** Every block that is no TypeScript, and why it is not run here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'sh, README.md: kubernetes-leader-election': 'the demo has tests of its own, the installation is .ci/use-package',
  'yaml, README.md: In the cluster': 'see the test of the rights',
  'sh, docs/guide.md: Jest': 'test/long/consumers.test.ts calls Jest so',
  'js, docs/guide.md: Jest': 'test/long/consumers.test.ts runs it by Jest',
  'js, docs/guide.md: Jest (2)': 'test/long/consumers.test.ts runs it by Jest',
  'console, docs/metrics.md: Events': 'test/kubernetes-events.test.ts writes them, kubectl shows them',
  "sh, docs/see-it.md: The demo's page": 'test/long/demo-web-actions.test.ts and test/browser/ open it',
  'mermaid, docs/statechart.md: The statechart': 'test/pictures.test.ts draws it',
  'sh, docs/measured.md: Measured beside the peers': 'bench/ measures',
  'sh, SECURITY.md: Reporting': 'it asks the registry',
  ', docs/how-it-is-tested.md: Every transition, on the real thing': 'what a command prints',
  ', docs/how-it-is-tested.md: Exhaustively, in the small': 'what a command prints',
  ', CONTRIBUTING.md: The layout': 'the folders',
}

const blocks = (await readDocuments()).flatMap((document) => document.blocks)
const examples = new Map(blocks.filter(({ language }) => language === 'ts').map(({ place, code }) => [place, code]))

let project: Awaited<ReturnType<typeof installPackage>>
let packages: string

beforeAll(async () => {
  project = await installPackage()
  await writeFile(join(project.directory, 'package.json'), '{ "type": "module" }')
  packages = await mkdtemp(join(tmpdir(), 'leader-election-packages-'))
  await writeFile(join(packages, 'package.json'), '{ "private": true }')
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', ...PACKAGES], { cwd: packages })
  for (const name of ['@nestjs', 'reflect-metadata', 'rxjs']) {
    await symlink(join(packages, 'node_modules', name), join(project.directory, 'node_modules', name))
  }
}, 3 * MINUTE)
afterAll(async () => {
  await project[Symbol.asyncDispose]()
  await rm(packages, { recursive: true })
})

test('every block of the documents is run, or said why not', () => {
  expect([...examples.keys()].sort()).toEqual(Object.keys(EXAMPLES).sort())
  const others = blocks
    // What commands do and print is shown by test/cli.
    .filter(({ language, place }) => language !== 'ts' && !place.startsWith('docs/command-line.md'))
    .map(({ language, place }) => `${language}, ${place}`)
  expect(others.sort()).toEqual(Object.keys(ELSEWHERE).sort())
})

test('every example is type-checked against the declarations of the package', { timeout: MINUTE }, async () => {
  const folder = join(project.directory, 'types')
  await mkdir(folder)
  for (const [place, code] of examples) await writeFile(join(folder, fileOf(place)), code)
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }))
  await typeCheck(folder)
  // It would notice.
  await writeFile(
    join(folder, 'wrong.ts'),
    "import { LeaderElection } from 'kubernetes-leader-election'\nnew LeaderElection(1)\n",
  )
  await expect(typeCheck(folder)).rejects.toThrow("'number' is not assignable to parameter of type 'string'")
})

const hasNode24 = Number(process.versions.node.split('.')[0]) >= 24
for (const [place, { shows, prepare, needsNode24, ...details }] of Object.entries(EXAMPLES)) {
  test.skipIf(needsNode24 && !hasNode24)(`${place}: the example shows what it should`, async () => {
    await using server = await startLeaseServer()
    prepare?.(server)
    await shows({ server, program: await start(server, place, details) })
  })
}

test.each([
  'README.md: kubernetes-leader-election',
  'README.md: While leading',
  'README.md: As a statechart',
  'docs/guide.md: Metrics',
  'docs/guide.md: A cron-like job',
  'docs/guide.md: An operator with informers',
  'docs/guide.md: Graceful shutdown',
  'docs/guide.md: Credentials',
])('%s: a follower that is stopped, as in a roll-out, ends with 0', async (place) => {
  await using server = await startLeaseServer()
  const now = new Date().toISOString().replace('Z', '000Z')
  server.leases.put({
    metadata: { name: 'my-app' },
    spec: { holderIdentity: 'another', leaseDurationSeconds: 600, renewTime: now, acquireTime: now },
  })
  const program = await start(server, place, { env: { PORT: '0' } })
  await expect.poll(() => server.openWatches, { timeout: 10_000 }).toBe(1)
  await expect.poll(() => server.requests.some(({ verb, status }) => verb === 'get' && status === 200)).toBe(true)
  program.process.kill('SIGTERM')
  const { code } = await program.exited
  expect(code, outputOf(program)).toBe(0)
})

/** The health endpoints' example, with a lease of a second. */
const IMPATIENT = [
  [
    'leaseDuration: 15_000, renewDeadline: 10_000, interval: 2_000',
    'leaseDuration: 1_000, renewDeadline: 700, interval: 200',
  ],
] as const

test('docs/guide.md: Health endpoints: a leader that is cut off, and stops, is live', async () => {
  await using server = await startLeaseServer()
  const program = await start(server, 'docs/guide.md: Health endpoints', { env: { PORT }, edits: IMPATIENT })
  await program.line(/^working$/)
  server.faults.partition('a')
  await program.line(/^lost: deadline$/)
  expect((await health('/leader'))[0]).toBe(503)
  await new Promise((resolve) => setTimeout(resolve, 2_000)) // longer than it may go without a renewal
  expect((await health('/live'))[0]).toBe(200)
})

test('docs/guide.md: Health endpoints: a leader whose work goes on after its term is not', async () => {
  await using server = await startLeaseServer()
  const edits = [
    ...IMPATIENT,
    ['while (!signal.aborted) await wait(500, undefined, { signal })', 'while (true) await wait(500)'],
  ] as const
  const program = await start(server, 'docs/guide.md: Health endpoints', { env: { PORT }, edits })
  await program.line(/^working$/)
  server.faults.partition('a')
  await expect.poll(async () => (await health('/live'))[0], { timeout: 10_000 }).toBe(503)
  expect((await health('/leader'))[0]).toBe(503)
})

test("the README's environment and Role are enough, and no right of it is unused", async () => {
  await using server = await startLeaseServer()
  const { code } = blocks.find(({ language, place }) => language === 'yaml' && place === 'README.md: In the cluster')!
  const [container, role] = loadAllYaml(code) as unknown as [{ env: EnvironmentVariable[] }, { rules: object[] }]
  server.rbac.apply(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { ...RBAC, kind: 'Role', metadata: { name: 'my-app' }, rules: role.rules },
        {
          ...RBAC,
          kind: 'RoleBinding',
          metadata: { name: 'my-app' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'my-app' },
          subjects: [{ kind: 'ServiceAccount', name: 'my-app', namespace: 'default' }],
        },
      ],
    }),
  )
  const stand = async (pod: string) => {
    server.pod(pod, { serviceAccount: 'my-app' })
    const given = server.podEnv(pod) as Record<string, string>
    const fields: Record<string, string | undefined> = {
      'metadata.name': given.POD_NAME,
      'metadata.uid': given.POD_UID,
      'metadata.namespace': given.POD_NAMESPACE,
    }
    const env = Object.fromEntries(
      container.env.map(({ name, value, valueFrom }) => [name, value ?? fields[valueFrom!.fieldRef.fieldPath]!]),
    )
    // Without the argument: the Lease's name comes from the environment, too.
    return start(server, 'README.md: kubernetes-leader-election', { env, edits: [["'my-app'", '']] }, pod)
  }
  const first = await stand('a')
  await first.line(/^this pod leads/)
  const second = await stand('b')
  await expect.poll(() => server.openWatches, { timeout: 10_000 }).toBe(2)
  first.process.kill('SIGTERM')
  await second.line(/^this pod leads/)
  second.process.kill('SIGTERM')
  expect((await second.exited).code, outputOf(second)).toBe(0)
  expect(server.requests.filter(({ status }) => status === 403)).toEqual([])
  const asked = new Set(server.requests.map(({ verb }) => verb))
  expect([...asked, 'patch'].sort()).toEqual(['create', 'delete', 'get', 'patch', 'watch']) // `patch` is for renewals
})

interface EnvironmentVariable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } }
}

/** It leads, and ends in order where it listens to SIGTERM. */
function leads(line: RegExp) {
  return async (run: Run) => {
    await run.program.line(line)
    expect(holderOf(run.server)).toBe('a')
    await endsInOrder(run)
  }
}

async function endsInOrder({ server, program }: Run): Promise<void> {
  program.process.kill('SIGTERM')
  expect((await program.exited).code, outputOf(program)).toBe(0)
  expect(holderOf(server)).toBe('')
}

/** Nobody, where there is no such Lease. */
function holderOf(server: LeaseServer, name = 'my-app'): string {
  return (server.leases.get(name)?.spec as { holderIdentity?: string } | undefined)?.holderIdentity ?? ''
}

async function start(
  server: LeaseServer,
  place: string,
  { env, edits = [] }: Pick<Example, 'env' | 'edits'>,
  pod = 'a',
) {
  let code = examples.get(place)!
  for (const [from, to] of edits) {
    if (code.split(from).length !== 2) throw new Error(`${place} has no such place, or several: ${from}`)
    code = code.replace(from, to)
  }
  await writeFile(join(project.directory, fileOf(place)), code)
  return startInPod(server, project.directory, fileOf(place), pod, env)
}

function fileOf(place: string): string {
  return `${place.replaceAll(/\W+/g, '-')}.ts`
}

async function health(path: string): Promise<[status: number, body: string]> {
  const response = await fetch(`http://127.0.0.1:${PORT}${path}`)
  return [response.status, await response.text()]
}
