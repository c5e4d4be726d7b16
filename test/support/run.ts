/** What the tests of `run` have in common: commands to run, and what a server and this machine know of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { hasLiveMembers } from '../../src/cli/run/process-group.ts'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import type { CommandProcess } from './command.ts'
import { podEnvironment } from './environment.ts'

export const LEASE = 'my-app'
/** A lease that is not lost on a busy machine. */
export const LONG = ['--interval', '100ms', '--lease-duration', '60s', '--renew-deadline', '40s']
/** A lease to lose. */
export const SHORT = ['--interval', '200ms', '--lease-duration', '2s', '--renew-deadline=1s', '--loss-grace=300ms']
export const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGUSR1: 138, SIGUSR2: 140, SIGTERM: 143 } as const
export type Signal = keyof typeof SIGNALS

export const serve = async () => {
  const server = await startLeaseServer()
  onTestFinished(() => server.close())
  return server
}
/** The cluster of this server, but no pod. */
export const outside = async (server: LeaseServer, user = 'somebody') => {
  const { env, cleanUp } = await podEnvironment(server, user, LEASE)
  onTestFinished(cleanUp)
  return { KUBECONFIG: env.KUBECONFIG, HOME: env.HOME }
}
export const inside = async (server: LeaseServer, pod: string) => {
  const { env, cleanUp } = await podEnvironment(server, pod, LEASE)
  onTestFinished(cleanUp)
  return env
}

/** A program that says `ready PID`, and what it does at each signal: `say` only tells of it. */
export function program(at: Partial<Record<Signal, string>>): string[] {
  const handlers = Object.entries(at).map(([signal, code]) => `process.on('${signal}', () => { ${code} })`)
  return [
    process.execPath,
    '-e',
    `const say = (text) => require('fs').writeSync(1, text + '\\n')
     ${handlers.join('\n')}
     setInterval(() => {}, 1000)
     say('ready ' + process.pid)`,
  ]
}
export const STUBBORN = program({ SIGTERM: "say('got SIGTERM')" })

export async function pidOf(command: CommandProcess): Promise<number> {
  const line = await command.line(/^ready \d+$/)
  return Number(line.split(' ')[1])
}

interface Spec {
  readonly holderIdentity?: string
}

/** Resolves at the next write by which somebody holds the Lease, or nobody does. */
function nextWrite<Seen>(server: LeaseServer, isHeld: boolean, look: () => Seen): Promise<Seen> {
  return new Promise((resolve) => {
    const listening = server.leases.onChange(({ object }) => {
      if (Boolean((object.spec as Spec).holderIdentity) !== isHeld) return
      listening[Symbol.dispose]()
      resolve(look())
    })
  })
}

export const release = (server: LeaseServer) => nextWrite(server, false, () => {})
/** Claims count, too. */
export async function renewals(server: LeaseServer, count = 1): Promise<void> {
  for (let each = 0; each < count; each += 1) await nextWrite(server, true, () => {})
}
/** Whether anybody of the command's group is left when the Lease is given back. */
export const leftAtRelease = (server: LeaseServer, group: number) =>
  nextWrite(server, false, () => hasLiveMembers(group))

export const holderOf = (server: LeaseServer) => (server.leases.get(LEASE)?.spec as Spec | undefined)?.holderIdentity

/** Another one holds the Lease, and renews it no more. */
export function heldBy(server: LeaseServer, holder: string): void {
  const now = new Date().toISOString().replace('Z', '000Z')
  const spec = {
    holderIdentity: holder,
    leaseDurationSeconds: 60,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: 1,
  }
  server.leases.put({ metadata: { name: LEASE }, spec })
}

/** Process IDs of its children. */
export function childrenOf({ process: { pid } }: CommandProcess): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        const text = readFileSync(`/proc/${entry}/stat`, 'latin1')
        return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === pid
      } catch {
        return false
      }
    })
    .map(Number)
}

export function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch {
    return false
  }
}

export function groupOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[2])
}
