/** The checks in their order: what later ones stand on comes first, and where it is missing they are left out. */
import { messageOf } from '../../errors.ts'
import { checkAccess, checkCredentials, checkEnvironment } from './environment.ts'
import { type Finding, failure, type Patient, skipped } from './finding.ts'
import { checkLease } from './lease.ts'
import { checkAdmission, checkNamespace } from './namespace.ts'
import { checkOwner } from './pod.ts'
import { checkRights } from './rights.ts'
import { checkClock, checkIdentity, checkLatency, checkProtocol, checkServer, sample } from './server.ts'
import { checkTiming } from './timing.ts'

/** @param problem of the durations that were given: what depends on them is left out. */
export async function* examine(
  patient: Omit<Patient, 'namespace'>,
  problem: Error | undefined,
): AsyncGenerator<Finding> {
  const { cluster, settings } = patient
  yield checkEnvironment(settings)
  yield* checkTiming(settings, problem)
  const access = await checkAccess(cluster)
  yield access
  if (access.state === 'failure') return yield skipped('cluster', NOT_EXAMINED)
  const namespace = settings.namespace ?? (await cluster.namespace())
  try {
    yield* examineCluster({ ...patient, namespace }, problem === undefined)
  } catch (error) {
    // The server went away in the middle.
    yield failure('cluster', messageOf(error), 'It has answered before: try again, and see whether it stays reachable.')
  }
}

const NOT_EXAMINED = 'not examined: it is out of reach'

async function* examineCluster(patient: Patient, hasTiming: boolean): AsyncGenerator<Finding> {
  const { cluster, settings } = patient
  const unreadable = await checkCredentials(cluster)
  if (unreadable) return yield* [unreadable, skipped('cluster', NOT_EXAMINED)]
  const server = await checkServer(cluster)
  yield server
  if (server.state === 'failure') return yield skipped('cluster', NOT_EXAMINED)
  yield await checkProtocol(cluster)
  const { finding, user } = await checkIdentity(cluster)
  yield finding
  if (finding.state === 'failure') return yield skipped('rights', 'not examined: nobody is let in')
  const samples = await sample(patient)
  yield checkClock(samples, settings.maxClockSkew)
  if (hasTiming) yield checkLatency(samples, settings)
  const place = await checkNamespace(patient)
  yield place
  const lacking = yield* checkRights(patient, user)
  if (place.state !== 'failure' && !lacking.includes('create')) yield await checkAdmission(patient)
  const owner = await checkOwner(patient)
  if (owner) yield owner
  yield* checkLease(patient, samples.at(-1)!.answer)
}
