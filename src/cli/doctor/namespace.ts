/** Whether the namespace exists, and what admission there says to the Lease that an election would create. */
import { isNotFound, parseStatus } from '../../kubernetes/api-errors.ts'
import { leasesPath } from '../../kubernetes/lease-path.ts'
import { saidBy } from '../cluster.ts'
import { type Finding, failure, ok, type Patient, skipped, warning } from './finding.ts'
import { rule } from './role.ts'

export async function checkNamespace({ cluster, namespace }: Patient): Promise<Finding> {
  const answer = await cluster.request('GET', `/api/v1/namespaces/${encodeURIComponent(namespace)}`)
  if (answer.status === 404) {
    return failure('namespace', `there is no namespace ${namespace}`, CREATE_NAMESPACE(namespace))
  }
  if (answer.status !== 200) {
    return skipped('namespace', `${namespace}; whether it exists is not told: ${saidBy(answer)}`)
  }
  const { metadata } = (answer.body ?? {}) as { readonly metadata?: { readonly deletionTimestamp?: string } }
  if (metadata?.deletionTimestamp) {
    return failure(
      'namespace',
      `${namespace} is being deleted: nothing new is created in it`,
      CREATE_NAMESPACE(namespace),
    )
  }
  return ok('namespace', `${namespace} exists`)
}

const CREATE_NAMESPACE = (namespace: string) =>
  `kubectl create namespace ${namespace}   # or name the one that is meant: --namespace, POD_NAMESPACE`

/** What admission says to the Lease that the election would create. Nothing is written. */
export async function checkAdmission({ cluster, namespace, settings }: Patient): Promise<Finding> {
  const { leaseName: name, owner, term } = settings
  const answer = await cluster.request('POST', `${leasesPath(namespace)}?dryRun=All`, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...(owner && { ownerReferences: [owner] }) },
    spec: { holderIdentity: settings.identity, leaseDurationSeconds: settings.leaseDuration / 1000 },
  })
  const said = saidBy(answer)
  // Admission comes before the look at what is stored.
  if (answer.status === 201 || answer.status === 409)
    return ok('admission', 'the Lease would be taken (a dry run; nothing was written)')
  if (answer.status === 404 && !isNotFound(answer) && parseStatus(answer.body)) {
    return failure('namespace', `there is no namespace ${namespace}`, CREATE_NAMESPACE(namespace))
  }
  if (said.includes('cannot set an ownerRef')) {
    const says = `this cluster lets only those who may delete a Lease give it an owner (${said})`
    const mend = `The rule to add: ${rule('delete', { cluster, namespace, settings })}`
    return term === 'life' ? failure('admission', says, mend) : warning('admission', says, mend)
  }
  if (said.includes('dry run')) return skipped('admission', `a webhook does not take part in dry runs: ${said}`)
  return failure(
    'admission',
    `the Lease would not be created: ${said}`,
    'Ask who runs the cluster for the policy, webhook or quota that says so.',
  )
}
