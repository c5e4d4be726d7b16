/** What the API server demands of a Lease's values before it stores it; types and formats are the schema's. */

import { type FieldError, wrong } from '../status.ts'
import type { Fields } from './fields.ts'

export function validateLease({ spec }: Fields): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = (spec ?? {}) as Fields
  const errors: FieldError[] = []
  if (typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0) {
    errors.push(wrong('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'))
  }
  if (typeof leaseTransitions === 'number' && leaseTransitions < 0) {
    errors.push(wrong('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'))
  }
  if (preferredHolder && !strategy) {
    errors.push(wrong('spec.preferredHolder', preferredHolder, 'may only be specified if strategy is defined'))
  }
  return errors
}
