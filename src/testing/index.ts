export type { AdmissionPlugin } from './access/admission.ts'
export type { Fault, FaultEffect, FaultHandle, FaultTarget, Verb } from './faults.ts'
export type { CapacityLimits } from './http/capacity.ts'
export type { RecordedRequest } from './http/request-handler.ts'
export {
  type LeaseChange,
  type LeaseServer,
  type LeaseServerOptions,
  type PodHandle,
  startLeaseServer,
} from './lease-server.ts'
export type { FeatureGates } from './objects/resources.ts'
export type { StoredObject } from './objects/stored-object.ts'
