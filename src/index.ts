export {
  createElectionMachine,
  type ElectionActor,
  type ElectionMachine,
  type ElectionMachineOptions,
  type ElectionSnapshot,
  electionMachine,
  isLeading,
} from './election-machine.ts'
export * from './errors.ts'
export type { KubeConfigSource } from './kubernetes/access/kube-config.ts'
export { healthHandler } from './leader-election/health-handler.ts'
export type { Inspector } from './leader-election/isolation.ts'
export {
  type ElectionEventType,
  type ElectionListener,
  type ElectionStatus,
  type Health,
  LeaderElection,
  type LeaderElectionOptions,
  type Leadership,
} from './leader-election.ts'
export type { Clock, Instant } from './lease/clock.ts'
export { describeLoss, type LossReason } from './lease/tenure.ts'
export { DEFAULT_RETRY_BACKOFFS, toleratedClockRateError } from './options/timing.ts'
export type { ElectionInput, OwnerReference, Term } from './options/types.ts'
export { systemClock } from './process/system-clock.ts'
export type { ElectionEmitted, ElectionEvent, ElectionOutput } from './statechart/types.ts'
export { debugLog, type Log, type LogLike, logEvent } from './telemetry/log.ts'
export { countEvent, type Statsd } from './telemetry/statsd.ts'
