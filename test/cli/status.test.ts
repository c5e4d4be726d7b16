/** `status` as a process: what it says of Leases, how it watches them, how it ends. */
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { UsageError } from '../../src/cli/arguments/usage-error.ts'
import { Screen } from '../../src/cli/status/screen.ts'
import { readStatusArguments, USAGE } from '../../src/cli/status.ts'
import { STEP_DOWN_ANNOTATION } from '../../src/lease/record.ts'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { hasPython, runCommand, startCommand, startOnTerminal } from '../support/command.ts'
import { inside, LEASE, outside, serve } from '../support/command-surroundings.ts'

/** A time of a Lease: so many milliseconds ago. */
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString()

/** A Lease that web-1 holds, renewed a moment ago. */
function hold(server: LeaseServer, spec: object = {}, metadata: object = {}) {
  return server.leases.put({
    metadata: { name: LEASE, ...metadata },
    spec: {
      holderIdentity: 'web-1',
      leaseDurationSeconds: 60,
      acquireTime: ago(200_000),
      renewTime: ago(1_500),
      leaseTransitions: 4,
      ...spec,
    },
  })
}

const rights = (rules: string) => `
kind: Role
metadata: { name: r }
rules: [${rules}]
---
kind: RoleBinding
metadata: { name: r }
roleRef: { kind: Role, name: r }
subjects: [{ kind: User, name: somebody }]
`

test('of a Lease that an election holds: who, since when, until when, the bound of its token, its pod, and who wrote it', async () => {
  const server = await serve()
  const leader = startCommand(['elect'], await inside(server, 'web-1'))
  const [, token] = /fencing token (\d+)/.exec(await leader.line(/became the leader/))!
  const { code, stdout, stderr } = await runCommand(['status', LEASE], await outside(server))
  expect(stdout).toEqual([
    'my-app (namespace default)',
    expect.stringMatching(/^ {2}holder +web-1$/),
    expect.stringMatching(/^ {2}state +held, by its own times for 5\ds more$/),
    expect.stringMatching(/^ {2}since +\ds ago; 0 transitions$/),
    expect.stringMatching(/^ {2}renewed +\ds ago; lasts 60s$/),
    expect.stringMatching(new RegExp(`^ {2}token +at most ${token}$`)),
    expect.stringMatching(/^ {2}owner +Pod web-1 lives$/),
    expect.stringMatching(/^ {2}written by +kubernetes-leader-election, \ds ago$/),
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
})

test.each([
  ['terminating', (server: LeaseServer) => server.terminatePod('web-1'), /owner +Pod web-1 is terminating$/],
  [
    'replaced by another of its name',
    (server: LeaseServer) =>
      server.faults.add({ resource: 'pods', body: JSON.stringify({ kind: 'Pod', metadata: { uid: 'another' } }) }),
    /owner +Pod web-1 is gone: the pod of its name is another one \(uid another\)/,
  ],
  [
    'gone',
    (server: LeaseServer) => server.faults.add({ resource: 'pods', status: 404 }),
    /owner +Pod web-1 is gone: the garbage collector removes the Lease/,
  ],
  [
    'not to be looked at',
    (server: LeaseServer) => server.rbac.apply(rights('{ apiGroups: ["*"], resources: [leases], verbs: [get] }')),
    /owner +Pod web-1 is not told \(403: pods "web-1" is forbidden/,
  ],
])('the pod that owns the Lease is %s', async (_, make, expected) => {
  const server = await serve()
  // What is gone is so until the garbage collector has come: here by faults, since this one comes at once.
  hold(server, {}, { ownerReferences: [server.pod('web-1').owner] })
  make(server)
  const { code, stdout } = await runCommand(['status', LEASE], await outside(server))
  expect(stdout).toContainEqual(expect.stringMatching(expected))
  expect(code).toBe(0)
})

test.each([
  ['absent', undefined, /state +absent: the first candidate creates it/],
  ['released', { holderIdentity: '' }, /state +released: nobody holds it/],
  ['not renewed in time, by its own times', { renewTime: ago(90_000) }, /state +expired\?: by its own times, 3\ds ago/],
])('a Lease that is %s is not held: exit code 1', async (_, spec, expected) => {
  const server = await serve()
  server.leases.put({ metadata: { name: 'held' }, spec: { holderIdentity: 'a' } })
  if (spec) hold(server, spec)
  const { code, stdout, stderr } = await runCommand(['status', 'held', LEASE], await outside(server))
  expect(stdout).toContainEqual(expect.stringMatching(expected))
  expect({ code, stderr }).toEqual({ code: 1, stderr: [] })
})

test('without names: all Leases of the namespace as a table, and of all namespaces', async () => {
  const server = await serve()
  hold(server)
  server.leases.put({ metadata: { name: 'b' }, spec: {} })
  server.createNamespace('elsewhere')
  server.leases.put({ metadata: { name: 'c' }, spec: { holderIdentity: 'x' } }, 'elsewhere')
  const env = await outside(server)
  const table = await runCommand(['status'], env)
  expect(table.stdout).toEqual([
    'NAME    HOLDER  STATE     SINCE  RENEWED  DURATION  TRANSITIONS  WRITTEN BY',
    'b       -       released  -      -        -         0            -',
    expect.stringMatching(/^my-app {2}web-1 {3}held {6}3m2\ds {2}[1-9]s {7}60s {7}4 {12}-$/),
  ])
  expect(table).toMatchObject({ code: 0, stderr: [] })
  const all = await runCommand(['status', '-A'], env)
  expect(all.stdout.map((line) => line.split(/ +/).slice(0, 3))).toEqual([
    ['NAMESPACE', 'NAME', 'HOLDER'],
    ['default', 'b', '-'],
    ['default', 'my-app', 'web-1'],
    ['elsewhere', 'c', 'x'],
  ])
  expect((await runCommand(['status', '-n', 'elsewhere'], env)).stdout).toHaveLength(2)
})

test('with --json: a line for each Lease, durations in milliseconds', async () => {
  const server = await serve()
  const { metadata } = hold(server, {}, { ownerReferences: [server.pod('web-1').owner] })
  const { code, stdout } = await runCommand(['status', LEASE, 'nowhere', '--json'], await outside(server))
  const [held, absent] = stdout.map((line) => JSON.parse(line))
  expect(held).toMatchObject({
    type: 'lease',
    name: LEASE,
    namespace: 'default',
    state: 'held',
    holder: 'web-1',
    leaseDuration: 60_000,
    transitions: 4,
    fencingTokenAtMost: metadata.resourceVersion,
    owners: [{ kind: 'Pod', name: 'web-1', state: 'alive' }],
  })
  expect(held.renewedFor).toBeGreaterThanOrEqual(1_500)
  expect(held.renewedFor).toBeLessThan(60_000)
  expect(absent).toMatchObject({ type: 'lease', name: 'nowhere', state: 'absent' })
  expect(code).toBe(1)
})

test('a leader that is asked to step down, and one that was asked in an earlier term', async () => {
  const server = await serve()
  const env = await outside(server)
  const acquireTime = ago(200_000)
  for (const [asked, isAsked] of [
    [acquireTime, true],
    [ago(900_000), false],
  ] as const) {
    hold(server, { acquireTime }, { annotations: { [STEP_DOWN_ANNOTATION]: asked } })
    const { stdout } = await runCommand(['status', LEASE], env)
    expect(stdout.some((line) => /asked +to step down/.test(line))).toBe(isAsked)
    const json = await runCommand(['status', LEASE, '--json'], env)
    expect(JSON.parse(json.stdout[0]!)).toMatchObject({ isAskedToStepDown: isAsked })
  }
})

test('--watch where nobody draws: each change once, and the expiry as it is seen from here', async () => {
  const server = await serve()
  const env = await outside(server)
  const watching = startCommand(['status', LEASE, '--watch', '--json', '--every', '100ms'], env)
  await watching.line(/"state":"absent"/)
  hold(server, { leaseDurationSeconds: 1, renewTime: ago(0) })
  await watching.line(/"state":"held"/)
  const [, unchangedFor] = /"unchangedFor":([\d.]+)/.exec(await watching.line(/"state":"expired"/))!
  expect(Number(unchangedFor)).toBeGreaterThanOrEqual(1_000)
  server.leases.delete(LEASE)
  hold(server, { holderIdentity: 'web-2' })
  await watching.line(/"holder":"web-2"/)
  watching.process.kill('SIGTERM')
  expect(await watching.exited).toMatchObject({ code: 143, stderr: [] })
  const states = watching.stdout.map((line) => JSON.parse(line).state)
  expect(states.filter((state) => state === 'held')).toHaveLength(2)
  expect(states.filter((state) => state === 'expired')).toHaveLength(1)
})

test('--watch of a table: its heading once, then the rows that change, the one that goes as well', async () => {
  const server = await serve()
  hold(server)
  server.leases.put({ metadata: { name: 'b' }, spec: { holderIdentity: 'x' } })
  const watching = startCommand(['status', '--watch', '--every', '100ms'], await outside(server))
  await watching.line(/^my-app .*web-1/)
  hold(server, { holderIdentity: 'web-2' })
  await watching.line(/^my-app .*web-2/)
  server.leases.delete('b')
  await watching.line(/^b .*absent/)
  watching.process.kill('SIGINT')
  expect(await watching.exited).toMatchObject({ code: 130, stderr: [] })
  expect(watching.stdout.map((line) => line.split(/ +/).slice(0, 3))).toEqual([
    ['NAME', 'HOLDER', 'STATE'],
    ['b', 'x', 'held'],
    ['my-app', 'web-1', 'held'],
    ['my-app', 'web-2', 'held'],
    ['b', '-', 'absent'],
  ])
})

test('--watch goes on where the server is away for a while, and tells that once', async () => {
  const server = await serve()
  hold(server)
  const watching = startCommand(['status', LEASE, '--watch', '--every', '100ms'], await outside(server))
  await watching.line(/holder +web-1/)
  const fault = server.faults.add({ verb: 'get', resource: 'leases', status: 503 })
  await watching.line(/get lease default\/my-app: 503/)
  await expect.poll(() => fault.hits).toBeGreaterThan(2)
  fault.remove()
  hold(server, { holderIdentity: 'web-2' })
  await watching.line(/holder +web-2/)
  expect(watching.stderr).toHaveLength(1)
})

test('when the reader of its lines has gone, as `head` does, --watch ends quietly', async () => {
  const server = await serve()
  hold(server)
  const watching = startCommand(['status', LEASE, '-w', '--json', '--every', '100ms'], await outside(server))
  await watching.line(/"state":"held"/)
  watching.process.stdout!.destroy()
  hold(server, { holderIdentity: 'web-2' })
  expect(await watching.exited).toMatchObject({ code: 0, signal: null, stderr: [] })
})

test.runIf(hasPython)('--watch on a terminal draws in its place, and Ctrl-C ends it with 130', async () => {
  const server = await serve()
  hold(server)
  const watching = startOnTerminal(['status', LEASE, '-w', '--every', '100ms'], {
    ...(await outside(server)),
    NO_COLOR: '1',
  })
  await watching.line(/unchanged for 0s; who has watched as long may take it in/)
  hold(server, { holderIdentity: 'web-2' })
  await watching.line(/holder +web-2/)
  // Up by as many lines as there were.
  expect(watching.stdout).toContainEqual(expect.stringContaining('\x1b[8A'))
  watching.type('\x03')
  expect((await watching.exited).code).toBe(130)
})

test('lines are cut to the terminal, its height too, and drawn where the last ones were; after a change of size, anew', () => {
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { columns: 10, rows: 4 })
  const screen = new Screen(stdout as unknown as NodeJS.WriteStream)
  const drawn = (...texts: string[]) => {
    screen.draw(
      texts.map((text) => ({ text })),
      (text) => text,
    )
    return stdout.read().replaceAll('\x1b[?7l', '').replaceAll('\x1b[?7h', '').replaceAll('\x1b[K', '')
  }
  expect(drawn('a line that is too long', 'b')).toBe('a line tha\nb\n\x1b[J')
  expect(drawn('a', 'b', 'c', 'd', 'e')).toBe('\x1b[2A\ra\nb\n… and 3 mo\n\x1b[J')
  expect(drawn('a')).toBe('\x1b[3A\ra\n\x1b[J')
  stdout.columns = 4
  stdout.emit('resize')
  expect(drawn('a line')).toBe('\x1b[H\x1b[2Ja li\n\x1b[J')
  expect(drawn('b')).toBe('\x1b[1A\rb\n\x1b[J')
  screen.close()
  expect(stdout.listenerCount('resize')).toBe(0)
})

test('what may not be looked at, or is out of reach, is told on stderr: exit code 3', async () => {
  const server = await serve()
  server.rbac.apply(rights('{ apiGroups: ["*"], resources: [leases], verbs: [patch] }'))
  const env = await outside(server)
  const named = await runCommand(['status', LEASE], env)
  expect(named).toMatchObject({ code: 3, stdout: [], stderr: [expect.stringContaining('verbs: ["get"]')] })
  const listed = await runCommand(['status'], env)
  expect(listed).toMatchObject({ code: 3, stdout: [], stderr: [expect.stringContaining('verbs: ["list"]')] })
  const away = await startLeaseServer()
  await away.close()
  const unreachable = await runCommand(['status', LEASE, '-w'], await outside(away))
  expect(unreachable).toMatchObject({ code: 3, stdout: [], stderr: [expect.stringContaining('ECONNREFUSED')] })
  const json = await runCommand(['status', LEASE, '--json'], env)
  expect(json).toMatchObject({
    code: 3,
    stdout: [expect.stringMatching(/"type":"failed".*verbs: \[\\"get/)],
    stderr: [],
  })
})

test('what others wrote reaches no terminal as control characters', async () => {
  const server = await serve()
  hold(server, { holderIdentity: 'evil\u001b[2J\nname' })
  const env = await outside(server)
  for (const args of [['status'], ['status', LEASE]]) {
    const { stdout } = await runCommand(args, env)
    expect(stdout.join('\n')).toContain('evil\\u{1b}[2J\\u{a}name')
  }
})

test.each([
  [['My_App'], 'LEASE is "My_App"; expected a DNS subdomain'],
  [['x', '-A'], '--all-namespaces is given with names of Leases'],
  [['x', '-n', 'a.b'], '-n is "a.b"; expected a DNS label'],
  [['x', '--every', '5ms'], '--every is "5ms"; expected at least 100ms.'],
  [['x', '--wach'], 'unknown option --wach; did you mean --watch?'],
])('wrong arguments: %j', (args, message) => {
  expect(() => readStatusArguments(args)).toThrow(UsageError)
  expect(() => readStatusArguments(args)).toThrow(message)
})

test('--help: examples first, exit codes last, no line wider than 120', async () => {
  const { code, stdout, stderr } = await runCommand(['status', '--help'])
  expect(stdout).toEqual(USAGE.split('\n'))
  expect(stdout[0]).toMatch(/^ {2}kubernetes-leader-election status my-app/)
  expect(USAGE).toMatch(/Exit codes:\n {2}0 .*[\s\S]*\n {2}3 /)
  expect(Math.max(...stdout.map((line) => line.length))).toBeLessThanOrEqual(120)
  expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
})
