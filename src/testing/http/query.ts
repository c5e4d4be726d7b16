/** The options that come in a request's query. */
import type { Authorizer } from '../access/admission.ts'
import { notANumber } from '../objects/go-text.ts'
import {
  badRequest,
  type FieldError,
  fieldForbidden,
  invalid,
  type StatusError,
  unforeseen,
  unsupportedValue,
  wrong,
} from '../status.ts'

/** @throws StatusError 400 unless it is a whole number that fits. */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^-?\d{1,18}$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}

/** As Go reads a boolean in a query: absent is false, anything but these words is true. */
export function flagOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name)
  return text !== null && !['false', '0', 'f', 'F', 'FALSE', 'False'].includes(text)
}

/** Undefined where it is absent. @throws StatusError 400, for a watch 500, unless it is a version as the server gives them out. */
export function versionOf(query: URLSearchParams, { isWatch = false } = {}): bigint | undefined {
  const text = query.get('resourceVersion')
  if (text === null || text === '') return undefined
  if (!/^\d{1,39}$/.test(text)) {
    const problem = `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${notANumber(text)}`
    throw isWatch ? unforeseen(problem) : badRequest(`invalid resource version: ${problem}`)
  }
  return BigInt(text)
}

/** How a list or watch with `sendInitialEvents` and `resourceVersionMatch` may combine them. @throws StatusError 422 */
export function checkListOptions(query: URLSearchParams, isWatch: boolean): void {
  const match = query.get('resourceVersionMatch') ?? ''
  const version = query.get('resourceVersion') ?? ''
  const refuse = (field: string, problem: string): StatusError =>
    invalid({ group: 'meta.k8s.io', resource: '', kind: 'ListOptions' }, [fieldForbidden(field, problem)])
  const sendsInitialEvents = query.has('sendInitialEvents')
  if (sendsInitialEvents && !isWatch) {
    throw refuse('sendInitialEvents', 'sendInitialEvents is forbidden for list')
  }
  if (sendsInitialEvents && match !== 'NotOlderThan') {
    throw refuse('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  }
  if (match === '') return
  if (isWatch && !sendsInitialEvents) {
    throw refuse(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    )
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    throw invalid({ group: 'meta.k8s.io', resource: '', kind: 'ListOptions' }, [
      unsupportedValue('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']),
    ])
  }
  if (isWatch) return
  if (version === '') {
    throw refuse('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided')
  }
  if (match === 'Exact' && version === '0') {
    throw refuse('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  }
  if (query.get('continue')) {
    throw refuse('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
  }
}

export interface WriteOptions {
  /** Everything is checked and answered, nothing is stored. */
  readonly isDryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore'
  /** Of an apply: takes over what other managers have set. */
  readonly force: boolean
  /** Paths of fields that stand twice in the body. */
  readonly duplicates: readonly string[]
  /** Whether whoever writes may also do something else. */
  readonly authorize: Authorizer
  /** Become `Warning` headers. */
  readonly warnings: string[]
}

export type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions'

/** @throws StatusError 422 for values that options do not have. */
export function writeOptionsOf(
  query: URLSearchParams,
  kind: OptionsKind,
  {
    userAgent,
    isApply = false,
    duplicates = [],
    authorize,
  }: { userAgent: string; isApply?: boolean; duplicates?: readonly string[]; authorize: Authorizer },
): WriteOptions {
  const fieldValidation = query.get('fieldValidation') || 'Warn'
  const dryRun = query.getAll('dryRun').filter((each) => each !== '')
  const fieldManager = query.get('fieldManager') ?? ''
  const errors = [
    ...dryRunErrors(dryRun),
    ...fieldManagerErrors(fieldManager),
    ...(isFieldValidation(fieldValidation)
      ? []
      : [unsupportedValue('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn'])]),
    ...(isApply && fieldManager === ''
      ? [
          {
            field: 'fieldManager',
            reason: 'FieldValueRequired' as const,
            message: 'Required value: is required for apply patch',
          },
        ]
      : []),
    ...(!isApply && query.has('force') ? [fieldForbidden('force', 'may not be specified for non-apply patch')] : []),
  ]
  if (errors.length > 0 || !isFieldValidation(fieldValidation)) {
    throw invalid({ group: 'meta.k8s.io', resource: '', kind }, errors)
  }
  return {
    isDryRun: dryRun.length > 0,
    fieldManager: fieldManager || (userAgent.split('/')[0] ?? '').slice(0, 128) || 'unknown',
    fieldValidation,
    force: flagOf(query, 'force'),
    duplicates,
    authorize,
    warnings: [],
  }
}

export function dryRunErrors(dryRun: readonly unknown[]): FieldError[] {
  return dryRun.every((each) => each === 'All') ? [] : [unsupportedValue('dryRun', dryRun, ['All'])]
}

const LONGEST_MANAGER = 128

function fieldManagerErrors(manager: string): FieldError[] {
  const message = `Too long: may not be more than ${LONGEST_MANAGER} bytes`
  return [
    ...(Buffer.byteLength(manager) > LONGEST_MANAGER
      ? [{ field: 'fieldManager', reason: 'FieldValueTooLong' as const, message }]
      : []),
    ...[...manager].flatMap((character, index) => {
      if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) return []
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      return [wrong('fieldManager', manager, `invalid character U+${code} (at position ${index})`)]
    }),
  ]
}

function isFieldValidation(value: string): value is WriteOptions['fieldValidation'] {
  return ['Strict', 'Warn', 'Ignore'].includes(value)
}
