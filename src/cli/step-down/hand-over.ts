/** From the request to the next leader, and how long each part took. */
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../errors.ts'
import type { LeaseRecord } from '../../lease/record.ts'
import type { LeaseView } from './lease.ts'

/** All durations are milliseconds, by this process's clock. */
export type HandOver =
  | {
      readonly type: 'handedOver'
      readonly from: string
      readonly to: string
      /** From the request until the Lease was given back; undefined where that was not seen. */
      readonly releasedAfter: number | undefined
      /** From then, or else from the request, until somebody led. */
      readonly followedAfter: number
    }
  /** It was given back, and nobody has taken it. */
  | { readonly type: 'notFollowed'; readonly from: string; readonly releasedAfter: number }
  /** The request has no effect; it was taken back, unless that failed. */
  | { readonly type: 'notReleased'; readonly from: string; readonly stands: string | undefined }
  | { readonly type: 'interrupted'; readonly stands: string | undefined }

/** @throws LeaseApiError where the request is refused. */
export async function handOver(
  lease: LeaseView,
  before: LeaseRecord,
  timeout: number,
  interrupted: AbortSignal,
): Promise<HandOver> {
  const from = before.holder!
  const askedAt = performance.now()
  let releasedAt: number | undefined
  const next = Promise.withResolvers<HandOver>()
  await lease.ask(before)
  lease.follow((record, at) => {
    const isSame = record?.uid === before.uid && record.acquireTime === before.acquireTime
    if (record?.holder === undefined) releasedAt ??= at
    else if (!isSame) {
      const releasedAfter = releasedAt && releasedAt - askedAt
      const followedAfter = at - (releasedAt ?? askedAt)
      next.resolve({ type: 'handedOver', from, to: record.holder, releasedAfter, followedAfter })
    }
  })
  const ended = new AbortController()
  const waited = AbortSignal.any([interrupted, ended.signal])
  const outcome = await Promise.race([next.promise, delay(timeout, undefined, { signal: waited }).catch(() => {})])
  ended.abort()
  if (outcome) return outcome
  if (releasedAt !== undefined && !interrupted.aborted) {
    return { type: 'notFollowed', from, releasedAfter: releasedAt - askedAt }
  }
  const stands = await lease.withdraw(before).then(() => undefined, messageOf)
  return interrupted.aborted ? { type: 'interrupted', stands } : { type: 'notReleased', from, stands }
}
