/** Requests as the statechart counts them: a write's term begins with its sending, an answer's news with its receipt. */
import { ConflictError } from '../../errors.ts'
import { type Attempt, timeoutOf } from '../../lease/attempt.ts'
import type { Clock, Instant } from '../../lease/clock.ts'
import type { LeaseRecord } from '../../lease/record.ts'
import type { LeaseBody, LeasePatch } from '../../lease/writes.ts'
import type { Settings } from '../../options/types.ts'
import type { CallOptions, LeaseRef } from '../lease-api.ts'

export function attemptsBy(clock: Clock) {
  /** Sends one attempt, and tells when: a request may have to wait before it is sent, and its term counts from then. */
  const send = async <Value>(
    attempt: Attempt,
    signal: AbortSignal,
    call: (options: CallOptions) => Promise<Value>,
  ): Promise<{ value: Value; sentAt: Instant; receivedAt: Instant }> => {
    let sentAt = clock.now()
    const onSent = () => {
      sentAt = clock.now()
    }
    const value = await call({
      timeout: timeoutOf(attempt, sentAt.monotonic),
      urgency: attempt.urgency,
      signal,
      onSent,
    })
    return { value, sentAt, receivedAt: clock.now() }
  }
  /** Sends what claims or renews; a conflict tells what it would have written. */
  const write = async <Body extends LeaseBody | LeasePatch>(
    attempt: Attempt,
    signal: AbortSignal,
    body: Body,
    call: (body: Body, options: CallOptions) => Promise<LeaseRecord>,
  ) => {
    try {
      return await send(attempt, signal, (options) => call(body, options))
    } catch (error) {
      if (error instanceof ConflictError) error.renewTime = body.spec.renewTime
      throw error
    }
  }
  return { send, write }
}

export function refOf({ leaseName, namespace }: Settings): LeaseRef {
  return { name: leaseName, namespace }
}
