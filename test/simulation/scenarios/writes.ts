/** What a candidate writes, and how long it lets a server make it wait. */
import { initialContext, retryDelay } from '../../../src/election.context.ts'
import { type LeaseBody, newLease, parseLease, releaseOf } from '../../../src/lease.ts'
import { resolveSettings } from '../../../src/options.ts'
import { mergePatch } from '../../../src/testing/merge-patch.ts'

const owner = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'pod-a' }
const input = { leaseName: 'lease', identity: 'a', term: 'renewable', preset: 'client-go', owner } as const
const now = { monotonic: 0, wall: 0 }

/** Whose pods are gone can be collected, and who may not change owners can hand it back. */
export async function handedBack(): Promise<string | undefined> {
  const body: LeaseBody = newLease(resolveSettings(input), now)
  const stored = { ...body, metadata: { ...body.metadata, uid: 'u1', resourceVersion: '1' } }
  const released = parseLease(mergePatch(stored, releaseOf(parseLease(stored)!, now)))!
  return released.owners.length === 1 ? undefined : 'a Lease that was handed back has no owner any more'
}

/** Nobody waits much longer than a lease lasts. */
export async function askedToWait(): Promise<string | undefined> {
  const context = initialContext(input)
  const hour = 3_600_000
  const wait = retryDelay(context, 100, hour, 1)
  return wait <= 2 * context.settings.leaseDuration
    ? undefined
    : `asked to wait for an hour, a candidate waits ${wait} ms`
}
