/**
 * One machine for all elections of the same options: building one costs some milliseconds and some 100 kB, and an actor
 * of it hardly anything. What is shared keeps no state of an election.
 */
import { createElectionMachine, type ElectionMachine, type ElectionMachineOptions } from '../election-machine.ts'
import type { Clock } from '../lease/clock.ts'

/** Those of the surroundings' kubeconfig. */
const SURROUNDINGS = {}

/** By clock, by kubeconfig, by retry back-offs; each forgotten with the clock or the kubeconfig that it is for. */
const machines = new WeakMap<Clock, WeakMap<object, Map<string, ElectionMachine>>>()

export function sharedMachine(options: ElectionMachineOptions & { readonly clock: Clock }): ElectionMachine {
  const { clock, kubeConfig = SURROUNDINGS, retryBackoffs, random } = options
  if (random) return createElectionMachine(options)
  const ofClock = machines.get(clock) ?? new WeakMap()
  machines.set(clock, ofClock)
  const ofConfig = ofClock.get(kubeConfig) ?? new Map()
  ofClock.set(kubeConfig, ofConfig)
  const key = JSON.stringify(retryBackoffs)
  const machine = ofConfig.get(key) ?? createElectionMachine(options)
  ofConfig.set(key, machine)
  return machine
}
