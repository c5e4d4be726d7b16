/**
 * The machine that ships, with its services, for one process after another: building it anew for each would cost as much
 * as all the rest of a history.
 */

import { createElectionActors } from '../../src/kubernetes/election-services.ts'
import type { LeaseApi } from '../../src/kubernetes/lease-api.ts'
import type { Clock } from '../../src/lease/clock.ts'
import { buildStatechart } from '../../src/statechart/machine.ts'
import { withSafeguards } from '../../src/statechart/safeguards.ts'

/** What the machine of a process works with. */
export interface Borrower {
  readonly api: LeaseApi
  readonly clock: Clock
  /** From 0 to 1: the jitter of its waits is drawn from the seed. */
  readonly random: () => number
}

export type Machine = ReturnType<typeof build>

const idle: { readonly machine: Machine; readonly lend: (borrower: Borrower) => void }[] = []

/** Lends a machine; `giveBack` it when the process is gone. */
export function borrowMachine(borrower: Borrower): { machine: Machine; giveBack: () => void } {
  const pooled = idle.pop() ?? newMachine()
  pooled.lend(borrower)
  return { machine: pooled.machine, giveBack: () => void idle.push(pooled) }
}

function newMachine() {
  let current!: Borrower
  const machine = build({
    api: {
      read: (...call) => current.api.read(...call),
      create: (...call) => current.api.create(...call),
      patch: (...call) => current.api.patch(...call),
      delete: (...call) => current.api.delete(...call),
      watch: (...call) => current.api.watch(...call),
      acquire: () => current.api.acquire(),
    },
    clock: {
      now: () => current.clock.now(),
      setTimeout: (...timer) => current.clock.setTimeout(...timer),
      clearTimeout: (timer) => current.clock.clearTimeout(timer),
    },
    random: () => current.random(),
  })
  const lend = (borrower: Borrower) => {
    current = borrower
  }
  return { machine, lend }
}

function build({ api, clock, random }: Borrower) {
  const actors = createElectionActors({ api, clock, random })
  return withSafeguards(buildStatechart({ random }).provide({ actors }))
}
