/** The options of a deletion: in its body, or in its query where there is no body. */

import { dryRunErrors } from '../http/query.ts'
import { badRequest, type FieldError, invalid, notRegistered, unsupportedValue, wrong } from '../status.ts'
import type { Preconditions } from '../storage/store.ts'
import { type Fields, isObject } from './fields.ts'

export interface DeleteOptions {
  readonly preconditions?: Preconditions
  readonly isDryRun?: boolean
}

const POLICIES = ['Foreground', 'Background', 'Orphan']

/** @throws StatusError 400 for wrong types, 422 for wrong values. */
export function deleteOptionsOf(query: URLSearchParams, body: unknown): DeleteOptions {
  if (body !== undefined && !isObject(body)) throw badRequest('the body of the request is not a DeleteOptions')
  const options: Fields = body ?? {
    propagationPolicy: query.get('propagationPolicy'),
    dryRun: query.getAll('dryRun').filter((each) => each !== ''),
  }
  const kind = options.kind ?? 'DeleteOptions'
  const apiVersion = options.apiVersion ?? 'v1'
  if (typeof kind !== 'string') throw undecodable('kind')
  if (typeof apiVersion !== 'string') throw undecodable('apiVersion')
  if (kind && kind !== 'DeleteOptions') throw badRequest(notRegistered(kind, apiVersion))
  const { propagationPolicy } = options
  const preconditions = options.preconditions ?? {}
  const dryRun = options.dryRun ?? []
  const gracePeriodSeconds = options.gracePeriodSeconds ?? 0
  if (!isObject(preconditions)) throw undecodable('preconditions')
  if (!Number.isInteger(gracePeriodSeconds)) throw undecodable('gracePeriodSeconds')
  if (!Array.isArray(dryRun)) throw undecodable('dryRun')
  const errors: FieldError[] = []
  if (propagationPolicy && (options.orphanDependents ?? undefined) !== undefined) {
    const problem = 'orphanDependents and deletionPropagation cannot be both set'
    errors.push(wrong('propagationPolicy', propagationPolicy, problem))
  }
  if (propagationPolicy && !POLICIES.includes(propagationPolicy as string)) {
    errors.push(unsupportedValue('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']))
  }
  errors.push(...dryRunErrors(dryRun))
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
