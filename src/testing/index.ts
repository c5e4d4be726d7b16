export type { AdmissionPlugin, FeatureGates } from './admission.ts'
export type { CapacityLimits } from './capacity.ts'
export type { Fault, FaultEffect, FaultHandle, FaultTarget, Verb } from './faults.ts'
export {
  type LeaseChange,
  type LeaseServer,
  type LeaseServerOptions,
  type PodHandle,
  startLeaseServer,
} from './lease-server.ts'
export type { RecordedRequest } from './request-handler.ts'
export type { StoredObject } from './store.ts'
