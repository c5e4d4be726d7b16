/**
 * The embedded server in a process of its own, with TLS, always of this checkout; and what is measured there: who asked
 * what and when, and when each Lease was renewed.
 */
import { type Fault, startLeaseServer } from '../../src/testing/index.ts'
import { monotonic } from './monotonic.ts'

export type Command =
  | { readonly type: 'kubeConfig'; readonly identity: string }
  /** These faults from now on, and no others; with `restarts`, every connection ends as well. */
  | { readonly type: 'misbehave'; readonly faults: readonly Fault[]; readonly restarts: boolean }
  | { readonly type: 'delete'; readonly lease: string }
  | { readonly type: 'report'; readonly identity: string; readonly since: number }

export interface Asked {
  readonly verb: string
  /** When it arrived, by the machine's monotonic clock. */
  readonly at: number
  /** Undefined while it is unanswered. */
  readonly status: number | undefined
}

export interface Report {
  readonly at: number
  /** Accepted since the start. */
  readonly connections: number
  readonly openConnections: number
  readonly openWatches: number
  /** What that identity asked since then. */
  readonly asked: readonly Asked[]
  /** By Lease: when it was written under a holder, in order. */
  readonly renewals: Readonly<Record<string, readonly number[]>>
}

const server = await startLeaseServer({ tls: true, historySize: 20_000 })
const renewals: Record<string, number[]> = {}
server.leases.onChange(({ object: { metadata, spec } }) => {
  if (!(spec as { holderIdentity?: string }).holderIdentity) return
  renewals[metadata.name] ??= []
  renewals[metadata.name]!.push(monotonic())
})

process.on('message', async ({ id, command }: { id: number; command: Command }) => {
  process.send!({ id, result: await carryOut(command) })
})
process.once('disconnect', () => process.exit())

async function carryOut(command: Command): Promise<string | Report | undefined> {
  if (command.type === 'kubeConfig') return server.kubeConfigYaml(command.identity)
  if (command.type === 'report') return report(command.identity, command.since)
  if (command.type === 'delete') server.leases.delete(command.lease)
  else await misbehave(command)
  return undefined
}

async function misbehave({ faults, restarts }: Extract<Command, { type: 'misbehave' }>): Promise<void> {
  server.faults.clear()
  for (const fault of faults) server.faults.add(fault)
  if (restarts) await server.restart()
}

function report(identity: string, since: number): Report {
  const now = monotonic()
  const offset = now - performance.now()
  const asked = server.requests
    .filter((request) => request.identity === identity && request.at + offset >= since)
    .map(({ verb, at, status }) => ({ verb, at: at + offset, status }))
  const { connections, openConnections, openWatches } = server
  return { at: now, connections, openConnections, openWatches, asked, renewals }
}
