export { type Clock, type Instant, systemClock } from './clock.ts'
export {
  createElectionMachine,
  type ElectionActor,
  type ElectionMachine,
  type ElectionMachineOptions,
  type ElectionSnapshot,
  electionMachine,
  isLeading,
} from './election.ts'
export type { ElectionEmitted, ElectionEvent, ElectionOutput } from './election.types.ts'
export * from './errors.ts'
export type { KubeConfigSource } from './kubernetes/kube-config.ts'
export {
  type ElectionEventType,
  type ElectionListener,
  LeaderElection,
  type LeaderElectionOptions,
  type Leadership,
} from './leader-election.ts'
export { DEFAULT_RETRY_BACKOFFS, type ElectionInput, type OwnerReference, type Term } from './options.ts'
export { debugLog, type Log, type LogLike, logEvent } from './telemetry/log.ts'
export { countReport, type Statsd } from './telemetry/statsd.ts'
export { describeLoss, type LossReason, toleratedClockRateError } from './tenure.ts'
