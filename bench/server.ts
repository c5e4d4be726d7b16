/** The embedded server under load: renewals from many connections, and many leases and watchers at once. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startLeaseServer } from '../src/testing/index.ts'
import type { Load } from './load.ts'
import type { Measurement } from './measurement.ts'

const LOAD = fileURLToPath(new URL('load.ts', import.meta.url))
const RENEWALS = { kind: 'renewals', connections: 200, perSecond: 1_000, seconds: 10 } as const satisfies Load
const WATCHERS = { kind: 'watchers', watchers: 1_000 } as const satisfies Load
const LEASES = 10_000

export async function measure(): Promise<Measurement[]> {
  return [...(await measureRenewals()), ...(await measureMemory())]
}

async function measureRenewals(): Promise<Measurement[]> {
  const server = await startLeaseServer({ tls: false })
  try {
    const { sent, failed, p50, p99, perSecond } = (await putUnderLoad(server, RENEWALS)) as Record<string, number>
    const name = `renewals from ${RENEWALS.connections} connections`
    return [
      { name, value: perSecond!, unit: '/s' },
      { name: `${name}: sent`, value: sent!, unit: '' },
      { name: `${name}: failed`, value: failed!, unit: '' },
      { name: `${name}: p50`, value: p50!, unit: 'ms' },
      { name: `${name}: p99`, value: p99!, unit: 'ms' },
    ]
  } finally {
    await server.close()
  }
}

async function measureMemory(): Promise<Measurement[]> {
  const server = await startLeaseServer({ tls: false })
  try {
    for (let index = 0; index < LEASES; index += 1) {
      const spec = {
        holderIdentity: `pod-${index}`,
        leaseDurationSeconds: 15,
        renewTime: '2026-11-22T14:03:00.123456Z',
      }
      server.leases.put({ metadata: { name: `lease-${index}` }, spec })
    }
    await putUnderLoad(server, WATCHERS)
    return [
      {
        name: `memory with ${LEASES} leases and ${WATCHERS.watchers} watchers`,
        value: process.memoryUsage.rss() / 2 ** 20,
        unit: 'MB',
      },
    ]
  } finally {
    await server.close()
  }
}

/** The clients are in a process of their own, so that only the server's time and memory are measured. */
async function putUnderLoad(server: Awaited<ReturnType<typeof startLeaseServer>>, load: Load): Promise<unknown> {
  const { token } = server.kubeConfig().getCurrentUser() as { token: string }
  const clients = fork(LOAD, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exit = once(clients, 'exit')
  clients.send({ url: server.url, token, load })
  const [result] = (await Promise.race([
    once(clients, 'message'),
    exit.then(([code]) => Promise.reject(new Error(`the clients ended with ${code}`))),
  ])) as [unknown]
  if (load.kind === 'watchers' && server.openWatches !== load.watchers)
    throw new Error(`${server.openWatches} watches are open`)
  clients.disconnect()
  await exit
  return result
}
