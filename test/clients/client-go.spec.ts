/**
 * client-go's own leader election on the embedded server, as it is by default: protobuf over HTTP/2. It needs Go, and the
 * first build takes minutes; what was built is kept in the system's temporary directory.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, test } from 'vitest'
import { LeaderElection } from '../../src/index.ts'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { isInstalled } from './go.ts'

const SOURCES = join(import.meta.dirname, 'elector')
const FIRST_BUILD = 20 * 60_000

function build(): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(SOURCES).sort()) hash.update(readFileSync(join(SOURCES, name)))
  const elector = join(tmpdir(), `leader-election-client-go-${hash.digest('hex').slice(0, 16)}`)
  if (!existsSync(elector)) execFileSync('go', ['build', '-o', elector, '.'], { cwd: SOURCES, stdio: 'inherit' })
  return elector
}

interface Told {
  readonly event: string
  readonly value: unknown
}

/** An elector of client-go, and what it has told so far. */
async function standWith(elector: string, server: LeaseServer, identity: string) {
  const directory = await mkdtemp(join(tmpdir(), 'leader-election-client-go-'))
  const KUBECONFIG = join(directory, 'config')
  await writeFile(KUBECONFIG, server.kubeConfigYaml(identity))
  const process_ = spawn(elector, ['x', identity], {
    env: { ...process.env, KUBECONFIG },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(process_, 'close') as Promise<[code: number | null]>
  const told: Told[] = []
  createInterface({ input: process_.stdout }).on('line', (line) => told.push(JSON.parse(line)))
  const until = (event: string, value: unknown) =>
    expect.poll(() => told, { timeout: 15_000 }).toContainEqual({ event, value })
  return {
    told,
    until,
    stop: async () => {
      process_.kill('SIGTERM')
      const [code] = await ended
      return code
    },
    async [Symbol.asyncDispose]() {
      process_.kill('SIGKILL')
      await ended
      await rm(directory, { recursive: true })
    },
  }
}

describe.skipIf(!isInstalled)('client-go', () => {
  let elector: string
  beforeAll(() => {
    elector = build()
  }, FIRST_BUILD)

  test('leads, renews, tells events, releases; and hands over to another', { timeout: 60_000 }, async () => {
    await using server = await startLeaseServer()
    await using a = await standWith(elector, server, 'a')
    await a.until('leading', 'a')
    expect(a.told[0]).toEqual({ event: 'may', value: true })
    await a.until('watched', 'ADDED')
    await a.until('watched', 'MODIFIED')
    await using b = await standWith(elector, server, 'b')
    await b.until('newLeader', 'a')
    expect(server.leases.get('x')?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 1 })
    expect(await a.stop()).toBe(0)
    expect(a.told.slice(-2)).toEqual([
      { event: 'stopped', value: 'a' },
      { event: 'leases', value: 1 },
    ])
    await b.until('leading', 'b')
    const writes = server.requests.filter(({ verb, resource }) => verb !== 'watch' && resource === 'leases')
    expect(writes.map(({ contentType }) => contentType)).toContain('application/vnd.kubernetes.protobuf')
    expect(writes.map(({ contentType }) => contentType)).not.toContain('application/json')
    expect(new Set(server.requests.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['2.0']))
    await expect
      .poll(() => server.requests.some(({ resource, status }) => resource === 'events' && status === 201))
      .toBe(true)
    expect(await b.stop()).toBe(0)
  })

  test('and this library take turns on one Lease', { timeout: 60_000 }, async () => {
    await using server = await startLeaseServer()
    await using a = await standWith(elector, server, 'a')
    await a.until('leading', 'a')
    const timing = { interval: 200, leaseDuration: 1_000, renewDeadline: 700 }
    const ours = new LeaderElection('x', { ...timing, ...server.pod('ours') })
    const leads = ours.becomeLeaderForLife()
    expect(await a.stop()).toBe(0)
    await leads
    await using b = await standWith(elector, server, 'b')
    await b.until('newLeader', 'ours')
    await ours.stop()
    await b.until('leading', 'b')
  })
})
