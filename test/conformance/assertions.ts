/** What the cases say of refusals. */
import assert from 'node:assert/strict'
import type { Answer } from './target.ts'

/** The answer is a Status of this code and reason; `details` are compared field by field. */
export function assertStatus(
  { status, body }: Answer,
  code: number,
  reason: string | undefined,
  { message, details }: { message?: string | RegExp; details?: object } = {},
): void {
  assert.equal(status, code, `${status} instead of ${code}: ${JSON.stringify(body)}`)
  assert.equal(body.kind, 'Status')
  assert.equal(body.apiVersion, 'v1')
  assert.equal(body.status, 'Failure')
  assert.equal(body.code, code)
  assert.equal(body.reason, reason)
  if (typeof message === 'string') assert.equal(body.message, message)
  else if (message) assert.match(body.message, message)
  for (const [field, value] of Object.entries(details ?? {})) assert.deepEqual(body.details[field], value)
}
