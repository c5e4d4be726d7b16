/** Real wrappers of one Lease, and everything that can happen to them: no two commands ever run at once. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { LeaseServer } from '../../src/testing/index.ts'
import type { Manner } from '../run/recorder.ts'
import { Records } from '../run/records.ts'
import { type CommandProcess, startCommand } from '../support/command.ts'
import { childrenOf, LEASE, outside, SHORT, serve } from '../support/run.ts'

const RECORDER = fileURLToPath(new URL('../run/recorder.ts', import.meta.url))
const MANNERS: readonly Manner[] = ['ignores SIGTERM', 'forks', 'obeys']

interface Wrapper {
  readonly identity: string
  readonly command: CommandProcess
}

interface Blow {
  readonly name: string
  /** Returns what mends it, where it does not end the wrapper. */
  strike(leader: Wrapper, server: LeaseServer): (() => void) | undefined
  /** Another one leads afterwards. */
  readonly movesOn: boolean
}

const signal = ({ command: { process: child } }: Wrapper, name: NodeJS.Signals) => void child.kill(name)

const BLOWS: readonly Blow[] = [
  {
    name: 'the wrapper is killed',
    movesOn: true,
    strike: (leader) => {
      signal(leader, 'SIGKILL')
      return undefined
    },
  },
  {
    name: 'the wrapper is stopped, and continued when another one leads',
    movesOn: true,
    strike: (leader) => {
      signal(leader, 'SIGSTOP')
      return () => signal(leader, 'SIGCONT')
    },
  },
  {
    name: 'the API server is gone for longer than a lease',
    movesOn: false,
    strike: (_, server) => {
      const outage = server.faults.add({ hang: true, resource: 'leases' })
      const timer = setTimeout(() => outage.remove(), 2_500)
      return () => clearTimeout(timer)
    },
  },
  {
    name: 'the leader is cut off',
    movesOn: true,
    strike: ({ identity }, server) => {
      const partition = server.faults.partition(identity)
      return () => partition.heal()
    },
  },
  {
    name: 'the guard is killed',
    movesOn: true,
    strike: ({ command }) => {
      process.kill(childrenOf(command)[0]!, 'SIGKILL')
      return undefined
    },
  },
  {
    name: 'the wrapper is asked to stop',
    movesOn: true,
    strike: (leader) => {
      signal(leader, 'SIGTERM')
      return undefined
    },
  },
]

test('three wrappers, killed, stopped, cut off and asked to go, never run two commands at once', {
  timeout: 120_000,
}, async ({ annotate }) => {
  const directory = await mkdtemp(join(tmpdir(), 'leader-election-run-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  using records = new Records(join(directory, 'records'))
  const server = await serve()
  const wrappers: Wrapper[] = []
  const start = async (manner: Manner) => {
    const identity = `${manner.replace(' ', '-')}-${wrappers.length}`
    const command = startCommand(
      ['run', LEASE, ...SHORT, '--again', '--stop-grace=500ms', `--identity=${identity}`].concat(
        '--',
        process.execPath,
        RECORDER,
        records.file,
        manner,
      ),
      await outside(server, identity),
    )
    wrappers.push({ identity, command })
    await command.line(/leads$|became the leader/)
  }
  for (const manner of MANNERS) await start(manner)

  const handOvers: string[] = []
  await records.next(0n)
  for (const [round, { name, strike, movesOn }] of [...BLOWS, ...BLOWS].entries()) {
    const latest = records.terms.at(-1)!
    const leader = wrappers.find(({ identity }) => identity === latest.identity)!
    const last = await records.next(latest.token - 1n, leader.identity.startsWith('forks') ? 2 : 1)
    const mend = strike(leader, server)
    const next = await records.next(last.token)
    mend?.()
    handOvers.push(`${name}: ${last.identity} (${last.token}), then ${next.identity} (${next.token})`)
    expect(records.overlaps, handOvers.join('\n')).toEqual([])
    if (movesOn) expect(next.identity, handOvers.join('\n')).not.toBe(last.identity)
    if (!mend) {
      await leader.command.exited
      await start(MANNERS[round % MANNERS.length]!)
    }
  }

  for (const wrapper of wrappers) signal(wrapper, 'SIGTERM')
  await Promise.all(wrappers.map(({ command }) => command.exited))
  expect(records.overlaps).toEqual([])
  expect(records.terms.length).toBeGreaterThanOrEqual(handOvers.length)
  await annotate(handOvers.join('\n'))
})
