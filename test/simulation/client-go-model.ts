/**
 * A candidate as client-go elects (tools/leaderelection): it reads, takes over what it has seen unchanged for the record's
 * duration, renews every retry period, gives up after the renew deadline. It knows nothing of owners or annotations,
 * and leaves them as they are.
 */

import type { LeaseRecord } from '../../src/lease/record.ts'
import type { LeaseBody, LeasePatch } from '../../src/lease/writes.ts'
import type { Random } from '../support/random.ts'
import type { ServerModel } from './server-model.ts'
import type { World } from './world.ts'

const [LEASE_DURATION, RENEW_DEADLINE, RETRY_PERIOD] = [15_000, 10_000, 2_000]
const IDENTITY = 'client-go'

export class ClientGoModel {
  readonly #world: World
  readonly #server: ServerModel
  readonly #random: Random
  #observed: { record: LeaseRecord; at: number } | undefined
  #lastRenewal = Number.NEGATIVE_INFINITY
  #isLeading = false
  #hasEnded = false

  constructor(world: World, server: ServerModel, random: Random) {
    this.#world = world
    this.#server = server
    this.#random = random
  }

  start(): void {
    this.#world.after(this.#random.between(10, 5_000), () => this.#try())
  }

  /** It stands no more, and leaves the Lease to expire. */
  end(): void {
    this.#hasEnded = true
  }

  #try(): void {
    if (this.#hasEnded) return
    // Now and then it stalls, so that others get their turn.
    const pause = this.#random.chance(0.05) ? this.#random.magnitude(1_000, 60_000) : 0
    this.#world.after(RETRY_PERIOD * this.#random.between(1, 2.2) + pause, () => this.#try())
    const { now } = this.#world
    if (this.#isLeading && now - this.#lastRenewal > RENEW_DEADLINE) this.#isLeading = false
    const { record } = this.#server
    if (!record) {
      this.#write(() => this.#server.create(IDENTITY, this.#body()))
      return
    }
    if (this.#observed?.record.resourceVersion !== record.resourceVersion) this.#observed = { record, at: now }
    const isOwn = record.holder === IDENTITY
    if (record.holder && !isOwn && now < this.#observed.at + (record.leaseDuration ?? LEASE_DURATION)) return
    this.#write(() => this.#server.patch(IDENTITY, this.#patch(record, isOwn)))
  }

  #write(write: () => { readonly status: number }): void {
    if (write().status !== 200) return
    this.#isLeading = true
    this.#lastRenewal = this.#world.now
  }

  #patch({ uid, resourceVersion, transitions }: LeaseRecord, isOwn: boolean): LeasePatch {
    const renewal = { holderIdentity: IDENTITY, leaseDurationSeconds: LEASE_DURATION / 1000, renewTime: this.#time() }
    const takeover = { acquireTime: this.#time(), leaseTransitions: transitions + 1 }
    return { metadata: { uid, resourceVersion }, spec: { ...renewal, ...(!isOwn && takeover) } }
  }

  #body(): LeaseBody {
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'lease', annotations: {} },
      spec: {
        holderIdentity: IDENTITY,
        leaseDurationSeconds: LEASE_DURATION / 1000,
        acquireTime: this.#time(),
        renewTime: this.#time(),
        leaseTransitions: 0,
      },
    }
  }

  #time(): string {
    return new Date(1_700_000_000_000 + this.#world.now).toISOString().replace('Z', '000Z')
  }
}
