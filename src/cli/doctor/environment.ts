/** What the process is told by its environment: who it is, and where the cluster is. */
import { existsSync } from 'node:fs'
import { messageOf } from '../../errors.ts'
import { kubeConfigFiles, ownPlaces } from '../../kubernetes/access/places.ts'
import { readSurroundings } from '../../options/pod.ts'
import type { Settings } from '../../options/types.ts'
import type { Cluster } from '../cluster.ts'
import { withoutOptions } from '../wording.ts'
import { type Finding, failure, ok, warning } from './finding.ts'

const DOWNWARD_API = `In the pod's spec:
containers:
  - name: NAME
    env:
      - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
      - { name: POD_UID, valueFrom: { fieldRef: { fieldPath: metadata.uid } } }
      - { name: POD_NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }`

/** Kubernetes sets it in every container. */
const isInPod = () => Boolean(process.env.KUBERNETES_SERVICE_HOST)

export function checkEnvironment({ term, owner }: Pick<Settings, 'term' | 'owner'>): Finding {
  const { podName, podUid, namespace, leaseName } = readSurroundings()
  const told = Object.entries({ LEASE_NAME: leaseName, POD_NAME: podName, POD_UID: podUid, POD_NAMESPACE: namespace })
  const found = told.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])).join(', ')
  const missing = [podName ? '' : 'POD_NAME', podUid ? '' : 'POD_UID'].filter(Boolean).join(' and ')
  if (owner !== undefined)
    return ok('environment', `${found}${found && '; '}the owner of the Lease is ${nameOf(owner)}`)
  const says = `${missing} not set${found && ` (${found})`}`
  if (term === 'life') {
    const needs = `${says}: a leader for life needs to know its pod, which owns the Lease`
    return failure('environment', needs, `${DOWNWARD_API}\nOutside a pod give --owner Pod/NAME/UID.`)
  }
  if (isInPod() || podName || podUid) {
    return warning(
      'environment',
      `${says}: the Lease gets no owner, and a dead pod is only noticed by its expiry`,
      DOWNWARD_API,
    )
  }
  return ok('environment', `no pod is known, and this is none: the Lease gets no owner${found && ` (${found})`}`)
}

const nameOf = ({ kind, name, uid }: NonNullable<Settings['owner']>) => `${kind} ${name} (uid ${uid})`

export async function checkAccess(cluster: Cluster): Promise<Finding> {
  try {
    const server = await cluster.server()
    const files = kubeConfigFiles(ownPlaces()).filter((file) => existsSync(file))
    return ok('kubeconfig', `${server}, by ${files.length > 0 ? files.join(', ') : "the pod's service account"}`)
  } catch (error) {
    return failure('kubeconfig', withoutOptions(messageOf(error)), isInPod() ? MOUNT_TOKEN : NAME_CLUSTER)
  }
}

export async function checkCredentials(cluster: Cluster): Promise<Finding | undefined> {
  try {
    await cluster.readCredentials()
    return undefined
  } catch (error) {
    const mend = isInPod() ? MOUNT_TOKEN : 'Mend it in the kubeconfig, or name another one: --kubeconfig FILE.'
    return failure('credentials', messageOf(error), mend)
  }
}

const MOUNT_TOKEN = `In the pod's spec, and not denied by its service account:
serviceAccountName: NAME
automountServiceAccountToken: true`
const NAME_CLUSTER = `Name a kubeconfig whose current context leads to the cluster: --kubeconfig FILE, or
export KUBECONFIG=$HOME/.kube/config`
