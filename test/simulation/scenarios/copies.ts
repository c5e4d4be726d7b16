/** A record in one's own name that one did not write. */
import { assess, observe, UNREAD } from '../../../src/lease/observation.ts'
import {
  clarified,
  isByCopy,
  isStrange,
  NOTHING_WRITTEN,
  sending,
  succeeded,
  unanswered,
} from '../../../src/lease/own-writes.ts'
import type { LeaseRecord } from '../../../src/lease/record.ts'
import { resolveSettings } from '../../../src/options/options.ts'

const settings = resolveSettings({
  leaseName: 'lease',
  identity: 'a',
  incarnation: 'a#1',
  term: 'renewable',
  preset: 'client-go',
})

/** A renewal that nobody answered; then another one leads, and then a copy of us. */
export async function unclearChange(): Promise<string | undefined> {
  const late = unanswered(sending(succeeded(record(5, 'a')), record(5, 'a')))
  const seen = clarified(late, record(6, 'b'), settings)
  return isStrange(record(7, 'a'), seen, settings)
    ? undefined
    : 'a takes what a copy of it wrote for its own late write'
}

/** A creation that nobody answered; then another one has the Lease, and then a copy of us takes it over. */
export async function unclearCreation(): Promise<string | undefined> {
  const late = unanswered(sending(NOTHING_WRITTEN, undefined))
  const seen = clarified(late, record(6, 'b'), settings)
  return isStrange(record(7, 'a'), seen, settings) ? undefined : 'a takes what a copy of it wrote for its late creation'
}

/** It follows, and somebody has set the time back in a Lease that a copy of it holds. */
export async function editedCopy(): Promise<string | undefined> {
  const at = { monotonic: 0, wall: 0 }
  const observation = observe(UNREAD, { ...record(7, 'a'), isStrange: true }, at, settings)
  const assessment = assess(observation, at.monotonic, settings)
  return assessment === 'held' ? undefined : `what a copy holds counts as ${assessment}`
}

/** Somebody removes the time from the Lease of a, whose renewal nobody answered; then sets one long past, or a copy renews. */
export async function editsWhileUnclear(): Promise<string | undefined> {
  const late = unanswered(sending(succeeded(record(5, 'a')), record(5, 'a')))
  const removed = clarified(late, { ...record(6, 'a'), renewTime: undefined }, settings)
  const setBack = { ...record(7, 'a'), renewTime: '2001-01-01T00:00:00.000000Z' }
  if (isByCopy(setBack, removed, settings)) return 'a takes what somebody edited for the write of a copy'
  const renewed = record(8, 'a')
  return isByCopy(renewed, removed, settings) ? undefined : 'a does not know any more when it wrote last'
}

function record(version: number, holder: string): LeaseRecord {
  return {
    uid: 'u',
    resourceVersion: String(version),
    holder,
    incarnation: `${holder}#1`,
    leaseDuration: settings.leaseDuration,
    acquireTime: 't',
    renewTime: `2026-11-22T14:00:0${version}.000000Z`,
    transitions: 0,
    owners: [],
    strategy: undefined,
  }
}
