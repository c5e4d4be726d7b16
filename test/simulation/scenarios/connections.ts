/** What elections of one process share, and what they leave behind: over real HTTP, on the embedded server. */
import { getEventListeners } from 'node:events'
import { LeaderElection, type Leadership } from '../../../src/index.ts'
import { KubernetesLeaseApi } from '../../../src/kubernetes/lease-api.ts'
import { systemClock } from '../../../src/process/system-clock.ts'
import type { LeaseServer } from '../../../src/testing/index.ts'
import { PATIENCE, until, withServer } from './server.ts'

export function sharedConnections(): Promise<string | undefined> {
  return withServer(async (server) => {
    const elections = ['one', 'two', 'three'].map((lease) => lead(server, lease))
    await until(() => elections.every((election) => election.isLeading()))
    const connections = server.openConnections
    await Promise.all(elections.map((election) => election.stop()))
    return connections === 1 ? undefined : `three elections of a process have ${connections} connections`
  })
}

/** In another namespace, so that its stream is its own. */
export function nothingLeftOpen(): Promise<string | undefined> {
  return withServer(async (server) => {
    server.createNamespace('other')
    const [staying, leaving] = [lead(server, 'one'), lead(server, 'two', 'other')]
    await until(() => server.openWatches === 2 && staying.isLeading() && leaving.isLeading())
    await leaving.stop()
    const hasEnded = await until(() => server.openWatches === 1, 1_000)
    await staying.stop()
    return hasEnded ? undefined : 'the stream of an election stays open after its end'
  })
}

export function listenersLeft(): Promise<string | undefined> {
  return withServer(async (server) => {
    const { kubeConfig, namespace } = server.pod('a')
    const api = new KubernetesLeaseApi({ kubeConfig, clock: systemClock })
    const release = api.acquire()
    const { signal } = new AbortController()
    const options = { timeout: PATIENCE, signal, urgency: { purpose: 'look' }, onSent: () => {} } as const
    for (let each = 0; each < 5; each += 1) await api.read({ name: 'one', namespace }, options)
    const left = getEventListeners(signal, 'abort').length
    release()
    return left === 0 ? undefined : `${left} listeners are left on the signal of five requests`
  })
}

function lead(server: LeaseServer, lease: string, namespace?: string): LeaderElection {
  const { kubeConfig, identity, namespace: own } = server.pod('a')
  const election = new LeaderElection(lease, { preset: 'client-go', kubeConfig, identity, namespace: namespace ?? own })
  const untilAborted = ({ signal }: Leadership) =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  void election.lead(untilAborted).catch(() => {})
  return election
}
