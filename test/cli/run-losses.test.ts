/** `run` where the leadership is lost, or one of those who watch the command goes. */
import { describe, expect, test } from 'vitest'
import { hasLiveMembers } from '../../src/cli/run/process-group.ts'
import type { LeaseServer } from '../../src/testing/index.ts'
import { type CommandProcess, hasNamespaces, startAsFirst, startCommand } from '../support/command.ts'
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

describe.runIf(hasNamespaces)('as the first process of a container', () => {
  test('a wrapper that is killed takes everybody along', async () => {
    const server = await serve()
    const command = startAsFirst(['run', LEASE, ...LONG, '--', ...STUBBORN], await outside(server))
    await pidOf(command)
    const killedAt = performance.now()
    process.kill(childrenOf(command)[0]!, 'SIGKILL')
    // Its output ends when the last one has gone that could write to it: long before --stop-grace is over.
    await command.exited
    expect(performance.now() - killedAt).toBeLessThan(10_000)
  })

  test('it passes SIGTERM on, and orphans that nobody waits for do not keep the Lease', async () => {
    const server = await serve()
    const shell = ['sh', '-c', 'sleep 1000 & echo ready $$; wait']
    const command = startAsFirst(['run', LEASE, ...LONG, '--', ...shell], await outside(server))
    await pidOf(command)
    process.kill(childrenOf(command)[0]!, 'SIGTERM')
    expect(await command.exited).toMatchObject({ code: 143 })
    expect(holderOf(server)).toBe('')
  })
})
