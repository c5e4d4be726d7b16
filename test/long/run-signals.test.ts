/** `run` and signals: what is passed on, what ends the command, and when the Lease goes. */
import { describe, expect, test } from 'vitest'
import { hasNamespaces, startAsFirst, startCommand } from '../support/command.ts'
import {
  childrenOf,
  groupOf,
  heldBy,
  holderOf,
  isAlive,
  LEASE,
  LONG,
  leftAtRelease,
  outside,
  pidOf,
  program,
  renewals,
  SIGNALS,
  type Signal,
  STUBBORN,
  serve,
} from '../support/run.ts'

describe('signals', () => {
  test('each of six is passed on while the command runs, whose exit code is that of the wrapper', async () => {
    const server = await serve()
    const say = (signal: string) => [signal, `say('got ${signal}')`]
    const handlers = Object.fromEntries(Object.keys(SIGNALS).map(say))
    const command = startCommand(
      ['run', LEASE, ...LONG, '--', ...program({ ...handlers, SIGTERM: "say('got SIGTERM'); process.exit(3)" })],
      await outside(server),
    )
    await pidOf(command)
    for (const signal of Object.keys(SIGNALS) as Signal[]) {
      command.process.kill(signal)
      await command.line(new RegExp(`^got ${signal}$`))
    }
    expect(await command.exited).toMatchObject({ code: 3 })
    expect(holderOf(server)).toBe('')
  })

  test('each of six ends the wait for the leadership', async () => {
    const server = await serve()
    heldBy(server, 'somebody-else')
    const env = await outside(server)
    await Promise.all(
      (Object.keys(SIGNALS) as Signal[]).map(async (signal) => {
        const command = startCommand(['run', LEASE, '--again', '--', 'echo', 'ran'], env)
        await command.line(/somebody-else leads/)
        command.process.kill(signal)
        expect(await command.exited).toMatchObject({ code: SIGNALS[signal], signal: null, stdout: [] })
      }),
    )
    expect(holderOf(server)).toBe('somebody-else')
  })

  test('after SIGTERM it goes on renewing until the command has ended, and only then gives the Lease back', async () => {
    const server = await serve()
    const command = startCommand(
      ['run', LEASE, ...LONG, '--again', '--', ...program({ SIGTERM: "say('stopping')", SIGUSR1: 'process.exit(0)' })],
      await outside(server),
    )
    const pid = await pidOf(command)
    command.process.kill('SIGTERM')
    await command.line(/^stopping$/)
    await renewals(server, 3)
    const left = leftAtRelease(server, pid)
    server.faults.add({ verb: 'patch', delay: 300 })
    command.process.kill('SIGUSR1')
    await command.line(/the command has ended/)
    command.process.kill('SIGTERM') // while the Lease is given back: there is nothing left to end
    expect(await command.exited).toMatchObject({ code: 0 })
    expect(await left).toBe(false)
  })

  test('what ignores SIGTERM is killed after --stop-grace, and then the Lease is given back', async () => {
    const server = await serve()
    const args = ['run', LEASE, ...LONG, '--stop-grace', '300ms', '--', ...STUBBORN]
    const command = startCommand(args, await outside(server))
    const left = leftAtRelease(server, await pidOf(command))
    const startedAt = performance.now()
    command.process.kill('SIGTERM')
    expect(await command.exited).toMatchObject({
      code: 137,
      stdout: [/^ready/, 'got SIGTERM'].map((each) => expect.stringMatching(each)),
    })
    expect(performance.now() - startedAt).toBeGreaterThan(290)
    expect(await left).toBe(false)
  })

  test('a guard that stands still does not hold that up: it is ended with the command', async () => {
    const server = await serve()
    const args = ['run', LEASE, ...LONG, '--stop-grace', '300ms', '--', ...STUBBORN]
    const command = startCommand(args, await outside(server))
    const left = leftAtRelease(server, await pidOf(command))
    for (const guard of childrenOf(command)) process.kill(guard, 'SIGSTOP')
    command.process.kill('SIGTERM')
    const { code, stderr } = await command.exited
    expect({ code, left: await left }).toEqual({ code: 125, left: false })
    expect(stderr.join()).toContain('the guard of the command has ended (SIGKILL), and so was the command')
  })

  test('what the command has started has the rest of --stop-grace to end, and holds the Lease until then', async () => {
    const server = await serve()
    // The shell goes at SIGTERM at once; its child takes its time, then ignores it.
    const shell = (child: string[]) => ['sh', '-c', '"$@" & wait', 'sh', ...child]
    for (const [child, expected] of [
      [program({ SIGTERM: "setTimeout(() => { say('cleaned up'); process.exit() }, 200)" }), ['cleaned up']],
      [STUBBORN, ['got SIGTERM']],
    ] as const) {
      const command = startCommand(
        ['run', LEASE, ...LONG, '--stop-grace', '1s', '--', ...shell(child)],
        await outside(server),
      )
      await pidOf(command)
      const group = groupOf(await pidOf(command))
      const left = leftAtRelease(server, group)
      command.process.kill('SIGTERM')
      const { code, stdout } = await command.exited
      expect({ code, told: stdout.slice(1), left: await left }).toEqual({ code: 143, told: expected, left: false })
    }
  })
})

test('what the command leaves behind when it ends by itself is killed before the Lease is given back', async () => {
  const server = await serve()
  const shell = ['sh', '-c', 'sleep 1000 & echo "ready $!"; exit 5']
  const command = startCommand(['run', LEASE, ...LONG, '--', ...shell], await outside(server))
  const left = pidOf(command)
  const { code } = await command.exited
  expect(code).toBe(5)
  expect(isAlive(await left)).toBe(false)
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
