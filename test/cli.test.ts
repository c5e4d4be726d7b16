/** The command line as people and scripts meet it: real processes, what they print, how they end. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../src/cli/arguments/usage-error.ts'
import { readElectArguments } from '../src/cli/elect.ts'
import { type LeaseServer, startLeaseServer } from '../src/testing/index.ts'
import { runCommand, startCommand } from './support/command.ts'
import { inside, LEASE, outside, serve } from './support/command-surroundings.ts'

describe('help', () => {
  test.each([
    [[], 'kubernetes-leader-election COMMAND'],
    [['--help'], 'kubernetes-leader-election COMMAND'],
    [['-h'], 'kubernetes-leader-election COMMAND'],
    [['elect', '--help'], 'kubernetes-leader-election elect [LEASE]'],
    [['elect', 'my-app', '-h'], 'kubernetes-leader-election elect [LEASE]'],
    [['demo', '--help'], 'kubernetes-leader-election demo [options]'],
    [['demo', '-h'], 'kubernetes-leader-election demo [options]'],
  ])('%j: examples first, exit codes last, on stdout', async (args, expected) => {
    const { code, stdout, stderr } = await runCommand(args)
    const text = stdout.join('\n')
    expect(text).toMatch(/^ {2}kubernetes-leader-election (demo|elect)/)
    expect(text).toContain(`\n${expected}`)
    expect(text).toMatch(/Exit codes:[\s\S]*0[\s\S]*1[\s\S]*2[\s\S]*3/)
    expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
  })

  test.each([[['--version']], [['elect', '--version']], [['demo', '--version']]])(
    '%j is that of the package',
    async (args) => {
      const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
      expect(await runCommand(args)).toMatchObject({ code: 0, stdout: [version], stderr: [] })
    },
  )
})

describe('what can not be meant is refused, with what may be meant', () => {
  test.each([
    [['x', '--renewabl'], 'unknown option --renewabl; did you mean --renewable?'],
    [['x', '--lease'], 'unknown option --lease; did you mean --lease-duration?'],
    [['x', '--color'], 'unknown option --color; expected one of --renewable, --owner, --adopt, --namespace'],
    [['x', 'y', 'z'], 'surplus argument "y" "z"; expected at most 1: the Lease\'s name.'],
    [['x', '--renewable=perhaps'], '--renewable is "perhaps"; expected true or false.'],
    [['x', '--identity'], '--identity has no value.'],
    [
      ['x', '--identity', '--renewable'],
      '--identity has no value; what follows is --renewable (if that is meant: --identity=--renewable).',
    ],
    [['My_App', '--renewable'], 'LEASE is "My_App"; expected a DNS subdomain'],
    [['--renewable'], 'no lease name: give one as the first argument, as in `kubernetes-leader-election elect my-app`'],
    [['x', '--renewable', '--namespace', 'a.b'], '--namespace is "a.b"; expected a DNS label'],
    [['x', '--renewable', '--preset', 'fast'], '--preset is "fast"; expected one of "default", "client-go"'],
    [
      ['x', '--renewable', '--interval', 'soon'],
      '--interval is "soon"; expected a duration such as 30s, 500ms or 1m30s',
    ],
    [['x', '--renewable', '--interval', ''], '--interval is ""; expected a duration'],
    [['x', '--renewable', '--interval', '5ms'], '--interval is "5ms"; expected milliseconds from 10'],
    [
      ['x', '--renewable', '--interval', '1s', '--lease-duration', '3s', '--renew-deadline', '1m'],
      '--renew-deadline is "1m"; expected less than --lease-duration (3000)',
    ],
    [['x', '--owner', 'web-1'], '--owner is "web-1"; expected Pod/NAME/UID, or apiVersion/Kind/NAME/UID'],
    [['x', '--owner', 'Deployment/web/u'], '--owner is "Deployment/web/u"; expected Pod/NAME/UID'],
    [['x', '--owner', 'Pod/web/'], '--owner is "Pod/web/"; expected Pod/NAME/UID'],
  ])('elect %j', (args, message) => {
    expect(() => readElectArguments(args)).toThrow(UsageError)
    expect(() => readElectArguments(args)).toThrow(message)
  })

  test('an option is quoted as it was typed, at the beginning of the message', () => {
    const args = ['x', '--renewable', '--interval', '1m', '--lease-duration', '30s']
    expect(() => readElectArguments(args)).toThrow(
      /^--interval is "1m"; expected less than --renew-deadline \(20000\)\.$/,
    )
  })

  test.each([
    [['elekt'], 'unknown command "elekt"; did you mean elect?'],
    [['toString'], 'unknown command "toString"; expected one of demo, elect'],
    [['--jsn', 'elect'], 'unknown option "--jsn"; expected one of demo, elect'],
    [['demo', 'x'], 'surplus argument "x"; expected none.'],
    [['elect', 'x', '--renewabl'], 'unknown option --renewabl; did you mean --renewable?'],
  ])('%j: exit code 2, on stderr, and where help is', async (args, message) => {
    const { code, stdout, stderr } = await runCommand(args)
    expect(stderr).toHaveLength(2)
    expect(stderr[0]).toContain(message)
    expect(stderr[1]).toMatch(/^Its (options|commands): kubernetes-leader-election .*--help$/)
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] })
  })

  test('outside a pod, where a leader for life has no owner, the flags that help come first', async () => {
    const { code, stderr } = await runCommand(['elect', 'x'])
    expect(stderr[0]).toMatch(
      /^POD_NAME and POD_UID not set: .*Outside a pod give --renewable.*--owner Pod\/NAME\/UID.*In a pod/,
    )
    expect(code).toBe(2)
  })

  test('with --json, errors are lines of JSON on stdout, and nothing is on stderr', async () => {
    for (const args of [
      ['elekt', '--json'],
      ['elect', 'x', '--json'],
    ]) {
      const { code, stdout, stderr } = await runCommand(args)
      expect(stdout).toHaveLength(1)
      const { at, ...line } = JSON.parse(stdout[0]!)
      expect(at).toBeGreaterThan(Date.now() - 60_000)
      expect(line).toEqual({ isLeading: false, type: 'failed', error: expect.stringMatching(/elect\?|renewable/) })
      expect({ code, stderr }).toEqual({ code: 2, stderr: [] })
    }
  })
})

test('a cluster that is not named ends it with one line, which speaks of no constructor, for people and for programs', async () => {
  const env = await outside(undefined)
  const { code, stdout, stderr } = await runCommand(['elect', 'x', '--renewable'], env)
  expect({ code, stdout }).toEqual({ code: 2, stdout: [] })
  expect(stderr).toEqual([expect.stringMatching(/x: no Kubernetes cluster found: .*; elsewhere set KUBECONFIG\.$/)])

  const json = await runCommand(['elect', 'x', '--renewable', '--json'], env)
  expect(json).toMatchObject({ code: 2, stderr: [] })
  expect(json.stdout).toHaveLength(1)
  expect(JSON.parse(json.stdout[0]!)).toMatchObject({
    type: 'failed',
    isLeading: false,
    error: expect.stringMatching(/^no Kubernetes cluster found: .*; elsewhere set KUBECONFIG\.$/),
  })
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  'outside a pod with --renewable it leads until %s, and gives the Lease back',
  async (signal) => {
    const server = await serve()
    const command = startCommand(['elect', LEASE, '--renewable', '--identity', 'me'], await outside(server))
    await command.line(/my-app: me became the leader, fencing token \d+$/)
    expect(server.leases.get(LEASE)?.spec).toMatchObject({ holderIdentity: 'me' })
    command.process.kill(signal)
    expect(await command.exited).toMatchObject({ code: 0, stdout: [] })
    expect(server.leases.get(LEASE)?.spec).toMatchObject({ holderIdentity: '' })
  },
)

test.each([
  ['Pod/web-1/', { apiVersion: 'v1', kind: 'Pod' }],
  ['v1/Pod/web-1/', { apiVersion: 'v1', kind: 'Pod' }],
  ['apps/v1/Deployment/web-1/', { apiVersion: 'apps/v1', kind: 'Deployment' }],
])('--owner %sUID is the owner of the Lease', async (owner, expected) => {
  const server = await serve()
  const { uid } = server.pod('web-1').owner
  const command = startCommand(['elect', LEASE, '--owner', `${owner}${uid}`], await outside(server))
  await command.line(/became the leader/)
  expect(server.leases.get(LEASE)?.metadata.ownerReferences).toMatchObject([{ ...expected, name: 'web-1', uid }])
})

test('each option is a variable of the environment, too; what is typed wins', async () => {
  const server = await serve()
  const settings = {
    ...(await outside(server)),
    LEADER_ELECTION_LEASE: 'another',
    LEADER_ELECTION_RENEWABLE: 'yes',
    LEADER_ELECTION_IDENTITY: 'me',
    LEADER_ELECTION_LEASE_DURATION: '90s',
    LEADER_ELECTION_JSON: 'true',
  }
  const command = startCommand(['elect', '--lease-duration', '2m'], settings)
  await command.line(/"type":"leading"/)
  expect(server.leases.get('another')?.spec).toMatchObject({ holderIdentity: 'me', leaseDurationSeconds: 120 })
  const wrong = { ...settings, LEADER_ELECTION_LEASE_DURATION: 'long', LEADER_ELECTION_JSON: 'false' }
  const { code, stderr } = await runCommand(['elect'], wrong)
  expect(code).toBe(2)
  expect(stderr[0]).toContain('LEADER_ELECTION_LEASE_DURATION is "long"; expected a duration such as 30s')
})

test('durations have units', async () => {
  const server = await serve()
  const timing = ['--interval', '500ms', '--lease-duration', '1.5m', '--renew-deadline', '1m15s']
  const command = startCommand(['elect', LEASE, '--renewable', ...timing], await outside(server))
  await command.line(/became the leader/)
  expect(server.leases.get(LEASE)?.spec).toMatchObject({ leaseDurationSeconds: 90 })
})

test('a leader for life whose pod is deleted ends with exit code 1, having told the loss once', async () => {
  const server = await serve()
  for (const flags of [[], ['--json']]) {
    const command = startCommand(['elect', ...flags], await inside(server, 'web-1'))
    await command.line(/became the leader|"type":"leading"/)
    server.deletePod('web-1')
    const { code, stdout, stderr } = await command.exited
    expect(code).toBe(1)
    expect([...stdout, ...stderr].filter((line) => /leadership lost|"type":"lost"/.test(line))).toHaveLength(1)
    expect(flags.length === 0 ? stdout : stderr).toEqual([])
  }
})

test('an API server that refuses for good ends it with exit code 3, told once', async () => {
  const server = await serve()
  server.faults.add({ verb: 'get', status: 400 })
  const { code, stderr } = await runCommand(['elect', LEASE, '--renewable'], await outside(server))
  expect(code).toBe(3)
  expect(stderr).toEqual([expect.stringContaining('my-app: get lease default/my-app: 400')])
})

test('an API server that is not there is told once a retry, and not once more by the watch', async () => {
  const command = startCommand(['elect', LEASE, '--renewable'], await outside(await unreachable()))
  await command.line(/failure 5 in a row/)
  expect(command.stderr).toEqual(
    [1, 2, 3, 4, 5].map((failure) => expect.stringMatching(new RegExp(`ECONNREFUSED.*; failure ${failure} in a row`))),
  )
})

test('what only the watch is refused is told', async () => {
  const server = await serve()
  server.faults.add({ verb: 'watch', status: 403 })
  const command = startCommand(['elect', LEASE, '--renewable'], await outside(server))
  expect(await command.line(/the watch failed/)).toContain('verbs: ["watch"]')
})

test('when the reader of its lines has gone, as `head` does, it gives the Lease back and ends quietly', async () => {
  const server = await serve()
  const timing = ['--interval', '100ms', '--lease-duration', '1m']
  const command = startCommand(['elect', LEASE, '--renewable', '--json', ...timing], await outside(server))
  await command.line(/"type":"leading"/)
  command.process.stdout!.destroy()
  expect(await command.exited).toMatchObject({ code: 0, signal: null, stderr: [] })
  expect(server.leases.get(LEASE)?.spec).toMatchObject({ holderIdentity: '' })
})

/** A server that has gone: its port refuses connections. */
async function unreachable(): Promise<LeaseServer> {
  const server = await startLeaseServer()
  await server.close()
  return server
}
