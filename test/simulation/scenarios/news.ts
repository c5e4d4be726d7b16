/** What a candidate makes of answers and news that come in an unlucky order, each given to it by hand. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { createActor } from 'xstate'
import { createElectionActors } from '../../../src/kubernetes/election-services.ts'
import type { LeaseApi } from '../../../src/kubernetes/lease-api.ts'
import type { LeaseWatchListener } from '../../../src/kubernetes/lease-stream.ts'
import { type LeaseRecord, parseLease } from '../../../src/lease/record.ts'
import { buildStatechart } from '../../../src/statechart/machine.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const [DURATION, INTERVAL] = [15_000, 2_000]

/** It is told that c leads, then gets the older answer that nobody does, then hears that the Lease is gone. */
export async function olderAnswer(): Promise<string | undefined> {
  const candidate = await Candidate.start()
  await candidate.hear(lease('u1', 6, 'c'))
  await candidate.answer(lease('u1', 5, undefined))
  await candidate.answer(undefined)
  await candidate.pass(INTERVAL)
  return candidate.hasClaimed('the Lease of c, who may still believe, since an older answer said that nobody held it')
}

/** It sees a lead, then that the Lease is gone, and hears only now that it had been released before a held it. */
export async function olderNews(): Promise<string | undefined> {
  const candidate = await Candidate.start()
  await candidate.answer(lease('u1', 5, 'a'))
  candidate.present = undefined
  await candidate.pass(INTERVAL)
  await candidate.hear(lease('u1', 4, undefined))
  await candidate.pass(INTERVAL)
  return candidate.hasClaimed('the Lease of a, who may still believe, since old news said that nobody held it')
}

/** Its claim is on its way while it hears that c leads; it succeeds, since the Lease of c is deleted meanwhile. */
export async function laterClaim(): Promise<string | undefined> {
  const candidate = await Candidate.start()
  await candidate.answer(undefined)
  await candidate.pass(100)
  await candidate.hear(lease('u1', 6, 'c'))
  await candidate.commitClaim(lease('u2', 8, 'b', 'b'))
  await candidate.pass(INTERVAL)
  return candidate.hasLed ? 'b leads though it saw that c did, who may still believe' : undefined
}

/** Its leader may have renewed unheard until just before it went. */
export async function unseenRenewal(): Promise<string | undefined> {
  const candidate = await Candidate.start()
  candidate.present = lease('u1', 5, 'a')
  await candidate.answer(candidate.present)
  await candidate.pass(0.9 * DURATION)
  candidate.present = undefined
  await candidate.pass(0.5 * DURATION)
  return candidate.hasClaimed('the Lease of a, who may have renewed just before it was deleted')
}

/** Its leader is gone, and no watch stands: it looks again and again, and takes over when the lease is over. */
export async function unrenewed(): Promise<string | undefined> {
  const candidate = await Candidate.start()
  await candidate.answer(lease('u1', 5, 'a'))
  await candidate.pass(1.1 * DURATION)
  return candidate.hasClaimed('')
    ? undefined
    : 'b does not claim a Lease that nobody has renewed for as long as it lasts'
}

/** b, whose first read and whose claims are answered by hand, and whose later reads find what is `present`. */
class Candidate {
  present: LeaseRecord | undefined
  hasLed = false
  readonly #clock = new ManualClock()
  readonly #held: ((record: LeaseRecord | undefined) => void)[] = []
  readonly #claims: ((record: LeaseRecord) => void)[] = []
  #claimed = 0
  #listener: LeaseWatchListener | undefined
  #isHeld = true

  static async start(): Promise<Candidate> {
    const candidate = new Candidate()
    await candidate.#run()
    return candidate
  }

  async answer(record: LeaseRecord | undefined): Promise<void> {
    const resolve = this.#held.shift()
    if (!resolve) throw new Error('no read waits for an answer')
    this.present = record
    resolve(record)
    await settle()
    if (this.#held.length === 0) this.#isHeld = false
  }

  async hear(record: LeaseRecord): Promise<void> {
    this.#listener!.changed(record, this.#clock.now())
    await settle()
  }

  async commitClaim(record: LeaseRecord): Promise<void> {
    this.present = record
    this.#claims.shift()!(record)
    await settle()
  }

  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      this.#clock.advance(50)
      await settle()
    }
  }

  hasClaimed(what: string): string | undefined {
    return this.#claimed > 0 ? `b claims ${what}` : undefined
  }

  async #run(): Promise<void> {
    const claim = () => {
      this.#claimed += 1
      return new Promise<LeaseRecord>((resolve) => this.#claims.push(resolve))
    }
    const api: LeaseApi = {
      read: (_lease, { onSent }) => {
        onSent()
        if (!this.#isHeld) return Promise.resolve(this.present)
        return new Promise((resolve) => this.#held.push(resolve))
      },
      create: claim,
      patch: claim,
      delete: () => Promise.resolve(),
      watch: (_lease, listener) => {
        this.#listener = listener
        return () => {}
      },
      acquire: () => () => {},
    }
    const random = () => 0.5
    const clock = this.#clock
    const machine = buildStatechart({ random }).provide({ actors: createElectionActors({ api, clock, random }) })
    const identity = { identity: 'b', incarnation: 'b' }
    const input = { leaseName: 'lease', term: 'renewable', preset: 'client-go', ...identity } as const
    const actor = createActor(machine, { clock, input })
    actor.on('leading', () => {
      this.hasLed = true
    })
    actor.start()
    await settle()
  }
}

async function settle(): Promise<void> {
  await nextTurn()
  await nextTurn()
}

function lease(uid: string, version: number, holder: string | undefined, incarnation = 'another'): LeaseRecord {
  return parseLease({
    metadata: {
      uid,
      resourceVersion: String(version),
      annotations: { 'kubernetes-leader-election/incarnation': incarnation },
    },
    spec: {
      holderIdentity: holder ?? '',
      leaseDurationSeconds: DURATION / 1000,
      renewTime: `2026-01-01T00:00:00.00000${version}Z`,
    },
  })!
}
