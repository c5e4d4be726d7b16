/** `run` where the leadership is lost, or one of those who watch the command goes. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { GuardedCommand } from '../../src/cli/run/guarded-command.ts'
import type { Allowance, FromGuard } from '../../src/cli/run/messages.ts'
import { hasLiveMembers } from '../../src/cli/run/process-group.ts'
import type { Unsettable } from '../../src/lease/clock.ts'
import { machineNow } from '../../src/process/machine-clock.ts'
import type { LeaseServer } from '../../src/testing/index.ts'
import { type CommandProcess, startCommand } from '../support/command.ts'
import {
  childrenOf,
  heldBy,
  holderOf,
  inside,
  isAlive,
  LEASE,
  LONG,
  leftAtRelease,
  outside,
  pidOf,
  program,
  renewals,
  SHORT,
  STUBBORN,
  serve,
} from '../support/run.ts'

describe('a leadership that is lost', () => {
  test('at the deadline is SIGTERM, then SIGKILL before the lease is over, exit code 75, and no release', async () => {
    const server = await serve()
    const args = ['run', LEASE, ...SHORT, '--json', '--identity', 'me', '--', ...STUBBORN]
    const command = startCommand(args, await outside(server))
    const pid = await pidOf(command)
    await renewals(server) // renewed
    const renewedAt = performance.timeOrigin + performance.now()
    server.faults.add({ verb: ['get', 'patch'], hang: true })
    const termed = command.line(/^got SIGTERM$/).then(() => performance.timeOrigin + performance.now())
    const { at: endedAt, signal } = JSON.parse(await command.line(/"type":"ended"/))
    expect(await termed).toBeGreaterThan(renewedAt + 900)
    expect(endedAt).toBeGreaterThan((await termed) + 250)
    expect(endedAt).toBeLessThan(renewedAt + 2_000)
    expect({ signal, left: hasLiveMembers(pid) }).toEqual({ signal: 'SIGKILL', left: false })
    expect(await command.exited).toMatchObject({ code: 75 })
    expect(holderOf(server)).toBe('me')
  })

  test.each([
    ['was taken over', (server: LeaseServer) => heldBy(server, 'somebody-else')],
    ['was deleted', (server: LeaseServer) => server.leases.delete(LEASE)],
  ])('because the Lease %s is SIGKILL at once: another one may lead already', async (_, take) => {
    const server = await serve()
    const command = startCommand(['run', LEASE, ...LONG, '--', ...STUBBORN], await outside(server))
    const pid = await pidOf(command)
    take(server)
    const { code, stdout } = await command.exited
    expect({ code, stdout }).toEqual({ code: 75, stdout: [`ready ${pid}`] })
    expect(holderOf(server)).not.toBe('')
  })

  test('because the API server does not take the renewal is SIGTERM at once', async () => {
    const server = await serve()
    const command = startCommand(
      ['run', LEASE, ...LONG, '--', ...program({ SIGTERM: "say('got SIGTERM'); process.exit(0)" })],
      await outside(server),
    )
    await pidOf(command)
    server.faults.add({ verb: ['get', 'patch'], status: 400 })
    const { code, stdout } = await command.exited
    expect({ code, told: stdout.slice(1) }).toEqual({ code: 75, told: ['got SIGTERM'] })
  })

  test('is followed by another run with --again', async () => {
    const server = await serve()
    const command = startCommand(
      ['run', LEASE, ...LONG, '--again', '--', ...program({ SIGUSR1: 'process.exit(8)' })],
      await outside(server),
    )
    await pidOf(command)
    heldBy(server, '')
    await command.line(/leadership lost/)
    await renewals(server)
    while (command.stdout.length < 2) await renewals(server)
    command.process.kill('SIGUSR1')
    await command.line(/exit code 8/)
    command.process.kill('SIGTERM')
    expect(await command.exited).toMatchObject({ code: 143 })
  })

  test('to another one is the end of --again with --try', async () => {
    const server = await serve()
    const args = ['run', LEASE, ...LONG, '--again', '--try', '--', ...STUBBORN]
    const command = startCommand(args, await outside(server))
    await pidOf(command)
    heldBy(server, 'somebody-else')
    const { code, stderr } = await command.exited
    expect({ code, told: stderr.at(-1) }).toEqual({ code: 124, told: expect.stringMatching(/somebody-else leads$/) })
  })
})

describe.runIf(process.platform === 'linux')('whoever watches may go', () => {
  test('a wrapper that is killed takes the command along: SIGTERM, and SIGKILL within --stop-grace', async () => {
    const server = await serve()
    const args = ['run', LEASE, ...LONG, '--stop-grace', '300ms', '--', ...STUBBORN]
    const command = startCommand(args, await outside(server))
    const pid = await pidOf(command)
    const [guard] = childrenOf(command)
    command.process.kill('SIGKILL')
    // Its output ends when the last one has gone that could write to it.
    const { signal, stdout } = await command.exited
    expect({ signal, told: stdout.slice(1) }).toEqual({ signal: 'SIGKILL', told: ['got SIGTERM'] })
    expect([pid, guard!].filter(isAlive)).toEqual([])
  })

  test('in a pod, where the next wrapper leads at once, the command is killed at once', async () => {
    const server = await serve()
    const command = startCommand(['run', ...LONG, '--', ...STUBBORN], await inside(server, 'web-1'))
    const pid = await pidOf(command)
    command.process.kill('SIGKILL')
    const { stdout } = await command.exited
    expect(stdout).toEqual([`ready ${pid}`])
    expect(isAlive(pid)).toBe(false)
  })

  test('a wrapper whose guard is killed kills the command, then gives the Lease back: exit code 125', async () => {
    const server = await serve()
    const command = startCommand(['run', LEASE, ...LONG, '--again', '--', ...STUBBORN], await outside(server))
    const pid = await pidOf(command)
    const left = leftAtRelease(server, pid)
    process.kill(childrenOf(command)[0]!, 'SIGKILL')
    const { code, stderr } = await command.exited
    expect({ code, left: await left }).toEqual({ code: 125, left: false })
    expect(stderr.join('\n')).toContain('the guard of the command has ended (SIGKILL), and so was the command.')
  })

  test('a wrapper whose guard is killed while it waits ends with 125, too', async () => {
    const server = await serve()
    heldBy(server, 'somebody-else')
    const command = startCommand(['run', LEASE, '--', 'true'], await outside(server))
    await command.line(/somebody-else leads/)
    process.kill(childrenOf(command)[0]!, 'SIGKILL')
    expect(await command.exited).toMatchObject({ code: 125 })
  })

  test.each([
    ['wrapper', ({ process: { pid } }: CommandProcess) => pid!, ['got SIGTERM']],
    ['guard', (command: CommandProcess) => childrenOf(command)[0]!, []],
  ])('a %s that is stopped past the term: the command is ended before another one leads', async (_, who, told) => {
    const server = await serve()
    const first = startCommand(['run', LEASE, ...SHORT, '--', ...STUBBORN], await outside(server, 'first'))
    const pid = await pidOf(first)
    const looks = ['sh', '-c', '[ -e /proc/$1 ] && grep State: /proc/$1/status; echo done', 'sh', `${pid}`]
    const second = startCommand(['run', LEASE, ...SHORT, '--', ...looks], await outside(server, 'second'))
    await second.line(/ leads$/)
    server.faults.add({ from: 'first', verb: ['get', 'patch'], hang: true })
    process.kill(who(first), 'SIGSTOP')
    const { code, stdout } = await second.exited
    // Nobody waits for a process whose guard stands still.
    expect({ code, alive: stdout.filter((line) => !/^done$|zombie/.test(line)) }).toEqual({ code: 0, alive: [] })
    if (first.process.exitCode === null) first.process.kill('SIGCONT')
    expect(await first.exited).toMatchObject({ code: 75, stdout: [`ready ${pid}`, ...told] })
  })
})

describe('a guard that is told by the clocks of the machine', () => {
  const guarded = (allowance: Allowance) => {
    const { promise: emptied, resolve } = Promise.withResolvers<void>()
    const told: FromGuard[] = []
    const order = { command: 'sleep', args: ['1000'], env: process.env, allowance, orphanGrace: 0 }
    const command = new GuardedCommand(order, (message) => {
      told.push(message)
      if (message.type === 'emptied') resolve()
    })
    onTestFinished(() => command.kill())
    return { command, told, emptied }
  }
  const allowance = (ago: Partial<Unsettable>): Allowance => {
    const { monotonic, boot } = machineNow()
    const at = { monotonic: monotonic - (ago.monotonic ?? 0), boot: boot === undefined ? boot : boot - (ago.boot ?? 0) }
    return { at, stopAfter: 5_000, killAfter: 10_000 }
  }

  test('that the term was over before the order came starts nothing', async () => {
    const { told, emptied } = guarded(allowance({ monotonic: 5_000, boot: 5_000 }))
    await emptied
    expect(told).toEqual([{ type: 'late' }, { type: 'emptied' }])
  })

  test.runIf(machineNow().boot !== undefined)(
    'that the machine was suspended past the term kills the command at once',
    async () => {
      const { command, told, emptied } = guarded(allowance({}))
      command.extend(allowance({ boot: 11_000 }))
      await emptied
      expect(told.slice(1)).toEqual([{ type: 'exited', code: null, signal: 'SIGKILL' }, { type: 'emptied' }])
    },
  )
})
