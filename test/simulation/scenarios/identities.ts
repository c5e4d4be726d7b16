/** Who is taken for oneself, and who is not, where two have one identity. */

import { createNeighbours, type Residents } from '../../../src/process/neighbours.ts'
import type { ProcessMark } from '../../../src/process/process-mark.ts'
import type { ElectionInput } from '../../../src/statechart/types.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'

const LEASE_DURATION = 15_000
const POD = { apiVersion: 'v1', kind: 'Pod', name: 'web-0', uid: 'pod' }
const STATEFUL_SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'set' }

/** The pod of the leader is cut off and thinks that it leads, when another one comes in its place. */
export async function sharedOwner(): Promise<string | undefined> {
  const cluster = clusterWith(STATEFUL_SET.uid)
  const input = { identity: 'web-0', owner: STATEFUL_SET }
  const leader = cluster.candidate('first', input)
  await cluster.until(() => leader.isLeading())
  leader.clock.pause()
  const next = cluster.candidate('next', input)
  await cluster.elapse(0.9 * LEASE_DURATION)
  return hasLed(next) ? 'the next pod of a StatefulSet leads beside the one before it' : undefined
}

/** Somebody deletes the Lease of a leader for life, which is owned by what all candidates are owned by. */
export async function goneWithSharedOwner(): Promise<string | undefined> {
  const cluster = clusterWith(STATEFUL_SET.uid)
  const input: Partial<ElectionInput> = { owner: STATEFUL_SET, term: 'life' }
  const leader = cluster.candidate('web-0', input)
  await cluster.until(() => leader.isLeading())
  const follower = cluster.candidate('web-1', input)
  await cluster.elapse(1_000)
  leader.clock.pause()
  cluster.server.deleteByHand()
  await cluster.elapse(0.9 * LEASE_DURATION)
  return hasLed(follower) ? 'a follower leads at once though the pod of the last leader may live' : undefined
}

/** As of the cluster module, or PM2: one container, one PID namespace. */
export async function processesOfPod(): Promise<string | undefined> {
  const cluster = clusterWith(POD.uid)
  const input = { identity: 'web-0', owner: POD }
  const process = (pid: number) => createNeighbours({ mark: markOf(pid), isRunning: () => true, residents: new Map() })
  const leader = cluster.candidate('one', input, process(1))
  await cluster.until(() => leader.isLeading())
  const other = cluster.candidate('two', input, process(2))
  await cluster.elapse(1_000)
  return hasLed(other) ? 'a process leads beside another one of its pod, which lives' : undefined
}

/** The first to begin has to wait, and finds the other one leading. */
export async function electionsOfProcess(): Promise<string | undefined> {
  const cluster = clusterWith(POD.uid)
  const input = { identity: 'web-0', owner: POD }
  const neighbours = inOneProcess()
  cluster.refusal = { status: 429, retryAfter: 1_000 }
  const first = cluster.candidate('one', input, neighbours)
  await cluster.elapse(100)
  cluster.refusal = undefined
  const leader = cluster.candidate('two', input, neighbours)
  await cluster.until(() => leader.isLeading())
  await cluster.elapse(2_000)
  return hasLed(first) ? 'an election leads beside another one of its process' : undefined
}

export async function waitingElectionsOfProcess(): Promise<string | undefined> {
  const cluster = clusterWith(POD.uid)
  const leader = cluster.candidate('web-1')
  await cluster.until(() => leader.isLeading())
  const neighbours = inOneProcess()
  const followers = ['one', 'two'].map((name) => cluster.candidate(name, { identity: 'web-0', owner: POD }, neighbours))
  await cluster.elapse(1_000)
  const failed = followers.map(({ events }) => events.some(({ type }) => type === 'failed'))
  return failed[1] && !failed[0] ? undefined : 'two elections of a process wait for one Lease under one identity'
}

function clusterWith(owner: string): MemoryCluster {
  const cluster = new MemoryCluster()
  cluster.server.addPod(owner)
  return cluster
}

function inOneProcess() {
  const residents: Residents = new Map()
  return createNeighbours({ mark: markOf(1), isRunning: () => true, residents })
}

function markOf(pid: number): ProcessMark {
  return { bootId: 'boot', pidNamespace: 'pid:[1]', pid, startTime: `${pid}`, thread: 0 }
}

function hasLed({ events }: ReturnType<MemoryCluster['candidate']>): boolean {
  return events.some(({ type }) => type === 'leading')
}
