/** The numbers of the fields, as in the `generated.proto` files of k8s.io/api and k8s.io/apimachinery. */

export interface Field {
  readonly name: string
  /** `fields`: the JSON of FieldsV1. */
  readonly type: 'string' | 'bool' | 'int32' | 'int64' | 'bytes' | 'time' | 'microTime' | 'map' | 'fields' | Message
  readonly isList?: boolean
}

export interface Message {
  readonly [number: number]: Field
}

const string = (name: string): Field => ({ name, type: 'string' })
const field = (name: string, type: Field['type']): Field => ({ name, type })
const list = (name: string, type: Field['type']): Field => ({ name, type, isList: true })

const OWNER_REFERENCE: Message = {
  1: string('kind'),
  3: string('name'),
  4: string('uid'),
  5: string('apiVersion'),
  6: field('controller', 'bool'),
  7: field('blockOwnerDeletion', 'bool'),
}

const MANAGED_FIELDS_ENTRY: Message = {
  1: string('manager'),
  2: string('operation'),
  3: string('apiVersion'),
  4: field('time', 'time'),
  6: string('fieldsType'),
  7: field('fieldsV1', 'fields'),
  8: string('subresource'),
}

const OBJECT_META: Message = {
  1: string('name'),
  2: string('generateName'),
  3: string('namespace'),
  4: string('selfLink'),
  5: string('uid'),
  6: string('resourceVersion'),
  7: field('generation', 'int64'),
  8: field('creationTimestamp', 'time'),
  9: field('deletionTimestamp', 'time'),
  10: field('deletionGracePeriodSeconds', 'int64'),
  11: field('labels', 'map'),
  12: field('annotations', 'map'),
  13: list('ownerReferences', OWNER_REFERENCE),
  14: list('finalizers', 'string'),
  17: list('managedFields', MANAGED_FIELDS_ENTRY),
}

const LIST_META: Message = {
  1: string('selfLink'),
  2: string('resourceVersion'),
  3: string('continue'),
  4: field('remainingItemCount', 'int64'),
}

const LEASE_SPEC: Message = {
  1: string('holderIdentity'),
  2: field('leaseDurationSeconds', 'int32'),
  3: field('acquireTime', 'microTime'),
  4: field('renewTime', 'microTime'),
  5: field('leaseTransitions', 'int32'),
  6: string('strategy'),
  7: string('preferredHolder'),
}

const LEASE_CANDIDATE_SPEC: Message = {
  1: string('leaseName'),
  2: field('pingTime', 'microTime'),
  3: field('renewTime', 'microTime'),
  4: string('binaryVersion'),
  5: string('emulationVersion'),
  6: string('strategy'),
}

const OBJECT_REFERENCE: Message = {
  1: string('kind'),
  2: string('namespace'),
  3: string('name'),
  4: string('uid'),
  5: string('apiVersion'),
  6: string('resourceVersion'),
  7: string('fieldPath'),
}

const EVENT_SERIES: Message = { 1: field('count', 'int32'), 2: field('lastObservedTime', 'microTime') }

const EVENT: Message = {
  1: field('metadata', OBJECT_META),
  2: field('involvedObject', OBJECT_REFERENCE),
  3: string('reason'),
  4: string('message'),
  5: field('source', { 1: string('component'), 2: string('host') }),
  6: field('firstTimestamp', 'time'),
  7: field('lastTimestamp', 'time'),
  8: field('count', 'int32'),
  9: string('type'),
  10: field('eventTime', 'microTime'),
  11: field('series', EVENT_SERIES),
  12: string('action'),
  13: field('related', OBJECT_REFERENCE),
  14: string('reportingComponent'),
  15: string('reportingInstance'),
}

const STATUS: Message = {
  1: field('metadata', LIST_META),
  2: string('status'),
  3: string('message'),
  4: string('reason'),
  5: field('details', {
    1: string('name'),
    2: string('group'),
    3: string('kind'),
    4: list('causes', { 1: string('reason'), 2: string('message'), 3: string('field') }),
    5: field('retryAfterSeconds', 'int32'),
    6: string('uid'),
  }),
  6: field('code', 'int32'),
}

const DELETE_OPTIONS: Message = {
  1: field('gracePeriodSeconds', 'int64'),
  2: field('preconditions', { 1: string('uid'), 2: string('resourceVersion') }),
  3: field('orphanDependents', 'bool'),
  4: string('propagationPolicy'),
  5: list('dryRun', 'string'),
}

const ACCESS_REVIEW: Message = {
  1: field('metadata', OBJECT_META),
  2: field('spec', {
    1: field('resourceAttributes', {
      1: string('namespace'),
      2: string('verb'),
      3: string('group'),
      4: string('version'),
      5: string('resource'),
      6: string('subresource'),
      7: string('name'),
    }),
    2: field('nonResourceAttributes', { 1: string('path'), 2: string('verb') }),
  }),
  3: field('status', {
    1: field('allowed', 'bool'),
    2: string('reason'),
    3: string('evaluationError'),
    4: field('denied', 'bool'),
  }),
}

/** What stands in an object beside its metadata is only told where it is known; of pods it is not. */
const NAMESPACE: Message = {
  1: field('metadata', OBJECT_META),
  2: field('spec', { 1: list('finalizers', 'string') }),
  3: field('status', { 1: string('phase') }),
}

const withSpec = (spec: Message): Message => ({ 1: field('metadata', OBJECT_META), 2: field('spec', spec) })
const listOf = (message: Message): Message => ({ 1: field('metadata', LIST_META), 2: list('items', message) })

const KINDS: readonly (readonly [kind: string, Message])[] = [
  ['coordination.k8s.io/v1/Lease', withSpec(LEASE_SPEC)],
  ['coordination.k8s.io/v1beta1/LeaseCandidate', withSpec(LEASE_CANDIDATE_SPEC)],
  ['v1/Event', EVENT],
  ['v1/Namespace', NAMESPACE],
]

/** By apiVersion and kind, or, for what is the same in every group, by kind. */
export const MESSAGES: ReadonlyMap<string, Message> = new Map([
  ...KINDS,
  ...KINDS.map(([kind, message]) => [`${kind}List`, listOf(message)] as const),
  ['authorization.k8s.io/v1/SelfSubjectAccessReview', ACCESS_REVIEW],
  ['v1/Status', STATUS],
  ['DeleteOptions', DELETE_OPTIONS],
])
