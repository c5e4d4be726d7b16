/**
 * The fields of the objects that the server stores, but for workload-schemas.ts. Of pods and the like it knows no more than
 * that they have some.
 */
import type { ObjectSchema, Schema } from './schema.ts'

const string: Schema = { type: 'string' }
const int32: Schema = { type: 'int32' }
const microTime: Schema = { type: 'microTime' }
const any: Schema = { type: 'any' }

export const METADATA: ObjectSchema = {
  type: 'object',
  name: 'ObjectMeta',
  fields: {
    name: string,
    generateName: string,
    namespace: string,
    selfLink: string,
    uid: string,
    resourceVersion: string,
    generation: { type: 'int64' },
    creationTimestamp: { type: 'time' },
    deletionTimestamp: { type: 'time' },
    deletionGracePeriodSeconds: { type: 'int64' },
    labels: { type: 'map', of: string },
    annotations: { type: 'map', of: string },
    ownerReferences: {
      type: 'list',
      of: {
        type: 'object',
        name: 'OwnerReference',
        fields: {
          apiVersion: string,
          kind: string,
          name: string,
          uid: string,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
    finalizers: { type: 'list', of: string },
    managedFields: { type: 'list', of: { type: 'any' } },
  },
}

/** Of an object, beside its apiVersion, kind and metadata. */
export type FieldSchemas = Readonly<Record<string, Schema>>

export const LEASE_FIELDS: FieldSchemas = {
  spec: {
    type: 'object',
    name: 'LeaseSpec',
    fields: {
      holderIdentity: string,
      leaseDurationSeconds: int32,
      acquireTime: microTime,
      renewTime: microTime,
      leaseTransitions: int32,
      strategy: string,
      preferredHolder: string,
    },
  },
}

export const LEASE_CANDIDATE_FIELDS: FieldSchemas = {
  spec: {
    type: 'object',
    name: 'LeaseCandidateSpec',
    fields: {
      leaseName: string,
      pingTime: microTime,
      renewTime: microTime,
      binaryVersion: string,
      emulationVersion: string,
      strategy: string,
    },
  },
}

export const PLAIN_FIELDS: FieldSchemas = { spec: any, status: any }

export const EVENT_FIELDS: FieldSchemas = {
  ...Object.fromEntries(
    [
      ...['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type'],
      ...['series', 'action', 'related', 'reportingComponent', 'reportingInstance'],
    ].map((name) => [name, any]),
  ),
  eventTime: microTime,
}
