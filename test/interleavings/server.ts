/** The API server as far as one Lease is concerned: a function from one state and a call to the next one. */

import type { LeaseRecord } from '../../src/lease/record.ts'
import { parseLease } from '../../src/lease/record.ts'
import type { LeaseBody, LeasePatch, Preconditions } from '../../src/lease/writes.ts'
import { mergePatch } from '../../src/testing/objects/merge-patch.ts'
import { VERSION } from './relative.ts'

/** What goes over the wire. */
export type Call =
  | { readonly verb: 'get' }
  | { readonly verb: 'create'; readonly body: LeaseBody }
  | { readonly verb: 'patch'; readonly patch: LeasePatch }
  | { readonly verb: 'delete'; readonly preconditions: Preconditions }

/** `record` is the Lease after the call; undefined where there is none. */
export type Answer = { readonly status: 200; readonly record: LeaseRecord | undefined } | { readonly status: 404 | 409 }

/** A Lease as it is stored, in the form of the API. */
export interface StoredLease {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly ownerReferences?: readonly { readonly uid: string }[]
  }
}

export interface Carried {
  readonly lease: StoredLease | undefined
  readonly answer: Answer
  /** Whether the Lease was changed: then it has the version after the latest. */
  readonly wrote: boolean
}

/** `created`: how many Leases there were before. */
export function carryOut(lease: StoredLease | undefined, call: Call, created: number): Carried {
  const unchanged = (answer: Answer): Carried => ({ lease, answer, wrote: false })
  if (call.verb === 'get') return unchanged({ status: 200, record: lease && parseLease(lease) })
  if (call.verb === 'create') {
    if (lease) return unchanged({ status: 409 })
    return stored({ ...call.body, metadata: { ...call.body.metadata, uid: `uid-${created + 1}` } })
  }
  if (!lease) return unchanged({ status: 404 })
  if (!matches(lease, preconditionsOf(call))) return unchanged({ status: 409 })
  if (call.verb === 'delete') return { lease: undefined, answer: { status: 200, record: undefined }, wrote: true }
  return stored(mergePatch(lease, call.patch) as object)
}

export function preconditionsOf(call: Extract<Call, { verb: 'patch' | 'delete' }>): Partial<Preconditions> {
  return call.verb === 'patch' ? call.patch.metadata : call.preconditions
}

/** As the API server does: what is not stated is not compared. */
function matches({ metadata }: StoredLease, { uid, resourceVersion }: Partial<Preconditions>): boolean {
  return (
    (resourceVersion === undefined || resourceVersion === metadata.resourceVersion) &&
    (uid === undefined || uid === metadata.uid)
  )
}

function stored(lease: object): Carried {
  const { metadata } = lease as StoredLease
  const next = { ...lease, metadata: { ...metadata, resourceVersion: String(VERSION + 1) } }
  return { lease: next, answer: { status: 200, record: parseLease(next) }, wrote: true }
}
