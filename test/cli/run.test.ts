/** `run`, as real processes against a real server: what the command gets, and how the wrapper ends. */
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/cli/arguments/usage-error.ts'
import { Backoff } from '../../src/cli/run/backoff.ts'
import { readRunArguments } from '../../src/cli/run.ts'
import { runCommand, startCommand } from '../support/command.ts'
import {
  heldBy,
  holderOf,
  inside,
  LEASE,
  LONG,
  outside,
  pidOf,
  program,
  release,
  renewals,
  serve,
} from '../support/run.ts'

test('its help tells the exit codes and what the command finds, in lines that fit', async () => {
  const { code, stdout, stderr } = await runCommand(['run', '--help', '--', '--version'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
  for (const told of ['64', '75', '124', '125', '126', '127', '128+n', 'LEADER_ELECTION_FENCING_TOKEN']) {
    expect(stdout.filter((line) => line.trim().startsWith(`${told} `))).toHaveLength(1)
  }
  expect(stdout.filter((line) => line.length > 120)).toEqual([])
})

describe('exit codes', () => {
  test.each([
    [7, ['sh', '-c', 'exit 7']],
    [137, ['sh', '-c', 'kill -KILL $$']],
    [127, ['./is-not-there']],
    [126, ['/']],
  ])('%d, and the Lease is given back: %j', async (code, command) => {
    const server = await serve()
    const result = await runCommand(['run', LEASE, ...LONG, '--', ...command], await outside(server))
    expect(result).toMatchObject({ code, stdout: [] })
    expect(server.leases.get(LEASE)?.spec).toMatchObject({ holderIdentity: '' })
    if (code > 125 && code < 128)
      expect(result.stderr.join('\n')).toContain(`the command can't be run: spawn ${command[0]}`)
  })

  test('64 and the help for wrong arguments; with --json a line on stderr, since stdout is the command’s', async () => {
    const { code, stdout, stderr } = await runCommand(['run', LEASE, '--agian', '--', 'true'])
    expect({ code, stdout }).toEqual({ code: 64, stdout: [] })
    expect(stderr).toEqual([
      'unknown option --agian; did you mean --again?',
      'Its options: kubernetes-leader-election run --help',
    ])
    const json = await runCommand(['run', LEASE, '--json', '--'])
    expect(json).toMatchObject({ code: 64, stdout: [] })
    expect(json.stderr.map((line) => JSON.parse(line))).toMatchObject([
      { type: 'failed', error: expect.stringContaining('no command: put one after `--`') },
    ])
  })

  test('125 where the API server refuses for good, 64 where no cluster is named', async () => {
    const server = await serve()
    server.faults.add({ verb: 'get', status: 400 })
    expect(await runCommand(['run', LEASE, '--', 'true'], await outside(server))).toMatchObject({
      code: 125,
      stdout: [],
    })
    expect(await runCommand(['run', LEASE, '--', 'true'], { HOME: '/nowhere' })).toMatchObject({ code: 64, stdout: [] })
  })

  test.each([
    ['--try', [], 'somebody-else leads'],
    ['--wait', ['500ms'], 'not leading within 500 ms; somebody-else leads'],
  ])('124 with %s where another one leads, who is named', async (flag, values, message) => {
    const server = await serve()
    heldBy(server, 'somebody-else')
    const result = await runCommand(['run', LEASE, flag, ...values, '--', 'echo', 'ran'], await outside(server))
    expect(result).toMatchObject({ code: 124, stdout: [] })
    expect(result.stderr.at(-1)).toMatch(new RegExp(`${message}$`))
    expect(holderOf(server)).toBe('somebody-else')
  })
})

describe('what can not be meant is refused', () => {
  const fits = ['--lease-duration', '10s', '--renew-deadline', '6s', '--interval', '1s']
  test.each([
    [['my-app'], 'no command: put one after `--`, as in `run my-app -- ./worker`.'],
    [
      ['my-app', './worker'],
      'surplus argument "./worker"; expected at most 1: the Lease\'s name. A command is put after `--`.',
    ],
    [
      ['my-app', ...fits, '--loss-grace', '3.6s', '--', 'x'],
      '--loss-grace is "3.6s"; expected a duration that ends, with a margin of 500 ms, between the renew deadline (6000 ms) ' +
        'and the end of the lease (10000 ms), when another candidate may lead: give at most 3500ms, or lower --renew-deadline',
    ],
    [
      ['my-app', '--interval', '200ms', '--lease-duration', '1s', '--', 'x'],
      '--loss-grace would be 167 ms; expected a duration that ends, with a margin of 250 ms, between the renew deadline ' +
        '(666 ms) and the end of the lease (1000 ms), when another candidate may lead: lower --renew-deadline, or raise --lease-duration',
    ],
  ])('%j', (args, message) => {
    expect(() => readRunArguments(args)).toThrow(UsageError)
    expect(() => readRunArguments(args)).toThrow(message)
  })

  test('what fits is taken, and by default half of what there is', () => {
    expect(readRunArguments(['my-app', ...fits, '--loss-grace', '3.5s', '--', 'x'])).toMatchObject({ lossGrace: 3_500 })
    expect(readRunArguments(['my-app', ...fits, '--', 'x'])).toMatchObject({ lossGrace: 2_000, stopGrace: 10_000 })
    expect(readRunArguments(['my-app', '--', 'x'])).toMatchObject({ lossGrace: 10_000, stopGrace: 25_000 })
    expect(readRunArguments(['my-app', '--preset', 'client-go', '--', 'x'])).toMatchObject({ lossGrace: 2_500 })
  })
})

test('the command finds lease, identity and token in its environment, but not what configures the wrapper', async () => {
  const server = await serve()
  const { KUBECONFIG, ...env } = await inside(server, 'web-1')
  const command = startCommand(
    ['run', '--kubeconfig', KUBECONFIG, '--', process.execPath, '-e', 'console.log(JSON.stringify(process.env))'],
    {
      ...env,
      LEADER_ELECTION_JSON: 'true',
      LEADER_ELECTION_WAIT: '1m',
      LEADER_ELECTION_OTHER: 'kept',
      NODE_OPTIONS: '',
    },
  )
  const leading = JSON.parse(await command.line(/"type":"leading"/))
  const { code, stdout } = await command.exited
  const found = Object.entries(JSON.parse(stdout[0]!)).filter(([name]) => /^LEADER_ELECTION_|^KUBECONFIG$/.test(name))
  expect(Object.fromEntries(found)).toEqual({
    LEADER_ELECTION_LEASE: LEASE,
    LEADER_ELECTION_NAMESPACE: 'default',
    LEADER_ELECTION_IDENTITY: 'web-1',
    LEADER_ELECTION_FENCING_TOKEN: leading.fencingToken,
    LEADER_ELECTION_OTHER: 'kept',
  })
  expect(code).toBe(0)
})

test('outside a pod, too, the identity in its environment is the one that holds the Lease, and the one that is told', async () => {
  const server = await serve()
  const code = "console.log('identity ' + process.env.LEADER_ELECTION_IDENTITY); setInterval(() => {}, 1000)"
  const command = startCommand(['run', LEASE, ...LONG, '--', process.execPath, '-e', code], await outside(server))
  const identity = (await command.line(/^identity /)).replace('identity ', '')
  expect(identity).toBe(holderOf(server))
  expect(await command.line(/became the leader/)).toContain(` ${identity} became the leader`)
})

test('it runs in a process group and a session of its own, without the shell of anybody', async () => {
  const server = await serve()
  const code = `const [, , pgrp, session] = require('fs').readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ')
    console.log(Number(pgrp) === process.pid, Number(session) === process.pid, process.argv.slice(1).join())`
  const args = ['run', LEASE, ...LONG, '--', process.execPath, '-e', code, '$HOME', 'a b']
  expect(await runCommand(args, await outside(server))).toMatchObject({ code: 0, stdout: ['true true $HOME,a b'] })
})

test('it reads the standard input only where that is asked for', async () => {
  const server = await serve()
  const env = await outside(server)
  const without = startCommand(['run', 'without', ...LONG, '--', 'cat'], env, { stdin: 'pipe' })
  without.type('typed\n')
  expect(await without.exited).toMatchObject({ code: 0, stdout: [] })
  const withIt = startCommand(['run', 'with', ...LONG, '--stdin', '--', 'cat'], env, { stdin: 'pipe' })
  withIt.type('typed\n')
  await withIt.line(/^typed$/)
  withIt.process.stdin!.end()
  expect(await withIt.exited).toMatchObject({ code: 0, stdout: ['typed'] })
})

test('--once keeps the Lease after the command has ended, and ends with its code when it is stopped', async () => {
  const server = await serve()
  const env = await outside(server)
  const command = startCommand(['run', LEASE, ...LONG, '--identity', 'me', '--once', '--', 'sh', '-c', 'exit 4'], env)
  await command.line(/the command has ended with exit code 4/)
  await renewals(server, 3)
  command.process.kill('SIGHUP')
  command.process.kill('SIGTERM')
  const { code, stderr } = await command.exited
  expect({ code, runs: stderr.filter((line) => /the command runs/.test(line)).length }).toEqual({ code: 4, runs: 1 })
  expect(holderOf(server)).toBe('')
})

test('--once runs it again in another term with --again, and ends with 75 without', async () => {
  const server = await serve()
  const env = await outside(server)
  const shell = ['sh', '-c', 'echo $LEADER_ELECTION_FENCING_TOKEN']
  const once = startCommand(['run', LEASE, ...LONG, '--once', '--', ...shell], env)
  await once.line(/the command has ended/)
  heldBy(server, '')
  expect(await once.exited).toMatchObject({ code: 75, stdout: [expect.any(String)] })

  const again = startCommand(['run', LEASE, ...LONG, '--once', '--again', '--', ...shell], env)
  const token = await again.line(/^\d+$/)
  await again.line(/the command has ended/)
  heldBy(server, '')
  await again.line(new RegExp(`^(?!${token}$)\\d+$`))
  again.process.kill('SIGTERM')
  expect((await again.exited).stdout).toHaveLength(2)
})

test('--again gives the Lease back after each run, and stands anew; a signal ends that', async () => {
  const server = await serve()
  const shell = ['sh', '-c', 'echo token $LEADER_ELECTION_FENCING_TOKEN; exit 4']
  const command = startCommand(['run', LEASE, ...LONG, '--again', '--', ...shell], await outside(server))
  await command.line(/the command has ended/)
  await release(server)
  const between = performance.now()
  await renewals(server)
  expect(performance.now() - between).toBeGreaterThan(900)
  const released = release(server)
  await released
  command.process.kill('SIGINT')
  const { code, stdout } = await command.exited
  expect(code).toBe(130)
  expect(stdout).toHaveLength(2)
  expect(new Set(stdout).size).toBe(2)
})

test('--disabled runs the command without a cluster, passes signals on, and says so in the environment', async () => {
  const shell = ['sh', '-c', 'env | grep ^LEADER_ELECTION_; exit 6']
  const settings = { HOME: '/nowhere', LEADER_ELECTION_DISABLED: 'true', LEADER_ELECTION_IDENTITY: 'me' }
  const { code, stdout, stderr } = await runCommand(['run', LEASE, '--quiet', '--', ...shell], settings)
  expect({ code, stderr, env: [...stdout].sort() }).toEqual({
    code: 6,
    stderr: [],
    env: ['LEADER_ELECTION_DISABLED=true', 'LEADER_ELECTION_IDENTITY=me', `LEADER_ELECTION_LEASE=${LEASE}`],
  })
  const command = startCommand(['run', LEASE, '--disabled', '--', ...program({ SIGUSR2: 'process.exit(9)' })])
  await pidOf(command)
  command.process.kill('SIGUSR2')
  expect(await command.exited).toMatchObject({ code: 9 })
})

test('the wait between two runs becomes longer, up to 30 s, and short again after a run that has lasted', () => {
  const backoff = new Backoff()
  const waits = [0, 0, 59_999, 0, 0, 0, 0, 60_000, 0].map((lasted) => backoff.after(lasted))
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 1_000, 2_000])
})
