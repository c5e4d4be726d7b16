/** The pod that is to own the Lease: a wrong one, and the Lease is collected as garbage as soon as it is written. */
import { describePod, lookAtPod } from '../looking/pod.ts'
import { type Finding, failure, ok, type Patient, skipped, warning } from './finding.ts'

export async function checkOwner({ cluster, namespace, settings: { owner } }: Patient): Promise<Finding | undefined> {
  if (owner === undefined) return undefined
  const { kind, name, uid } = owner
  if (kind !== 'Pod') return skipped('owner', `${kind} ${name}: whether it exists is not looked at, since it is no pod`)
  const look = await lookAtPod(cluster, namespace, owner)
  switch (look.state) {
    case 'alive':
      return ok('owner', `the pod ${name} (uid ${uid}) lives`)
    case 'terminating':
    case 'ended':
      return warning('owner', `the pod ${name} ${describePod(look)}`, 'Its Lease goes with it: let a new pod stand.')
    case 'gone':
      return failure(
        'owner',
        `there is no pod ${name} in the namespace ${namespace}: a Lease with this owner is collected at once`,
        `The owner is looked for in the namespace of the Lease: stand in the pod's own (POD_NAMESPACE, --namespace), and take
POD_NAME and POD_UID from the downward API:
${DOWNWARD}`,
      )
    case 'replaced':
      return failure(
        'owner',
        `the pod ${name} has the uid ${look.uid}, not ${uid}: a Lease with this owner is collected at once`,
        `POD_UID is that of another pod. Take it from the downward API, not from a template:\n${DOWNWARD}`,
      )
    case 'unknown':
      return skipped(
        'owner',
        `whether the pod ${name} has the uid ${uid} can't be seen, which an election does without: ${look.said}`,
      )
  }
}

const DOWNWARD = '{ name: POD_UID, valueFrom: { fieldRef: { fieldPath: metadata.uid } } }'
