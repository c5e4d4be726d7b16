/**
 * The statechart together with its services: what an application starts; and whether it leads.
 *
 * Keeps rule 5 of docs/protocol.md: whether a process leads is asked of its clocks at the moment of the call. Neither a
 * timer nor the state alone says so, since a process that wakes from a pause runs other code before its timers.
 */
import type { ActorRefFrom, SnapshotFrom } from 'xstate'
import type { KubeConfigSource } from './kubernetes/access/kube-config.ts'
import { createElectionActors } from './kubernetes/election-services.ts'
import { KubernetesLeaseApi } from './kubernetes/lease-api.ts'
import type { Clock, Instant } from './lease/clock.ts'
import { validityOf } from './lease/tenure.ts'
import { LOCAL_NEIGHBOURS } from './process/neighbours.ts'
import { systemClock } from './process/system-clock.ts'
import { buildStatechart, type StatechartOptions } from './statechart/machine.ts'
import { withSafeguards } from './statechart/safeguards.ts'

/** What `createElectionMachine` takes. All of it may be left out. */
export interface ElectionMachineOptions extends StatechartOptions {
  /** Default: KUBECONFIG, ~/.kube/config or the pod's service account. */
  readonly kubeConfig?: KubeConfigSource | undefined
  /** Default: the clocks of this process. Give the same one to `createActor` as `clock`. */
  readonly clock?: Clock | undefined
}

/**
 * Builds the election's statechart, with a `backoff` substate for each element of `retryBackoffs`.
 *
 * Its input is an `ElectionInput`, or nothing at all in a pod that has LEASE_NAME, POD_NAME and POD_UID set. An actor that
 * is restored from a persisted snapshot stands anew with the same input: it holds nothing, whoever held it.
 *
 * @throws ConfigurationError for wrong retry back-offs. Wrong input makes the actor end with a ConfigurationError.
 */
export function createElectionMachine(options: ElectionMachineOptions = {}): ElectionMachine {
  return machineOf(options)
}

function machineOf({ kubeConfig, clock = systemClock, ...statechart }: ElectionMachineOptions) {
  const api = new KubernetesLeaseApi({ kubeConfig, clock })
  const services = { api, clock, neighbours: LOCAL_NEIGHBOURS, ...statechart }
  return withSafeguards(buildStatechart(statechart).provide({ actors: createElectionActors(services) }))
}

/** The election with the default retry back-offs, in the cluster that the surroundings name. */
export const electionMachine: ElectionMachine = createElectionMachine()

/** An XState machine: for `createActor`, `useActor`, or an `invoke` of the application's own machine. */
export type ElectionMachine = ReturnType<typeof machineOf>
/** A running election: takes `ElectionEvent`s by `send`, tells `ElectionEmitted` events to `on` and `subscribe`. */
export type ElectionActor = ActorRefFrom<ElectionMachine>
/** Its state and what it knows at a moment. Ask `isLeading` about it: the state alone knows no time. */
export type ElectionSnapshot = SnapshotFrom<ElectionMachine>

/**
 * Whether the election of this snapshot leads *now*: by its state, and by all clocks at the moment of the call. A
 * process that was paused past its term gets false at its first call, before any timer has fired.
 */
export function isLeading(snapshot: ElectionSnapshot, now: Instant = systemClock.now()): boolean {
  return validityNow(snapshot, now) === 'valid'
}

/** As `isLeading`, and where it is false whether the clocks disagree; undefined where nothing is held. */
export function validityNow(snapshot: ElectionSnapshot, now: Instant) {
  if (snapshot.status !== 'active' || !snapshot.matches('leading')) return undefined
  return validityOf(snapshot.context.tenure!, now)
}
