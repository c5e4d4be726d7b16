/** The options of a deletion: in its body, or in its query where there is no body. */
import { type Fields, isObject } from './fields.ts'
import { badRequest, type FieldError, invalid, unsupportedValue } from './status.ts'
import type { Preconditions } from './store.ts'

export interface DeleteOptions {
  readonly preconditions?: Preconditions
  readonly isDryRun?: boolean
}

const POLICIES = ['Background', 'Foreground', 'Orphan']

/** @throws StatusError 400 for wrong types, 422 for wrong values. */
export function deleteOptionsOf(query: URLSearchParams, body: unknown): DeleteOptions {
  if (body !== undefined && !isObject(body)) throw badRequest('the body of the request is not a DeleteOptions')
  const options: Fields = body ?? {
    propagationPolicy: query.get('propagationPolicy'),
    dryRun: query.getAll('dryRun'),
  }
  if (options.kind && options.kind !== 'DeleteOptions') {
    throw badRequest(`decoded object cannot be converted to DeleteOptions: ${JSON.stringify(options.kind)}`)
  }
  const { propagationPolicy } = options
  const preconditions = options.preconditions ?? {}
  const dryRun = options.dryRun ?? []
  const gracePeriodSeconds = options.gracePeriodSeconds ?? 0
  if (!isObject(preconditions)) throw undecodable('preconditions')
  if (!Number.isInteger(gracePeriodSeconds)) throw undecodable('gracePeriodSeconds')
  if (!Array.isArray(dryRun)) throw undecodable('dryRun')
  const errors: FieldError[] = dryRun
    .filter((each) => each !== 'All')
    .map((each) => unsupportedValue('dryRun', each, ['All']))
  if (propagationPolicy && !POLICIES.includes(propagationPolicy as string)) {
    errors.push(unsupportedValue('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']))
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', resource: '', kind: 'DeleteOptions' }, errors)
  const [uid, resourceVersion] = [textOf(preconditions, 'uid'), textOf(preconditions, 'resourceVersion')]
  return { preconditions: { uid, resourceVersion }, isDryRun: dryRun.length > 0 }
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? undefined
  if (value !== undefined && typeof value !== 'string') throw undecodable(`preconditions.${name}`)
  return value
}

function undecodable(field: string) {
  return badRequest(`DeleteOptions cannot be decoded: the field ${field} has the wrong type`)
}
