/** What an application is deployed with: stored as it was posted, and refused where a real server would. */
import { expect, test } from 'vitest'
import { manifestsOf, readManifestsArguments } from '../../src/cli/manifests.ts'
import { startLeaseServer } from '../../src/testing/index.ts'
import { client, MERGE } from './client.ts'

// biome-ignore lint/suspicious/noExplicitAny: manifests, changed and looked into by their paths
type Object = any

const PATHS: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/default/serviceaccounts',
  Service: '/api/v1/namespaces/default/services',
  Deployment: '/apis/apps/v1/namespaces/default/deployments',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
}
const KINDS = Object.keys(PATHS)

/** A copy of each kind, to be spoilt. */
const objectOf = (kind: string): Object => {
  const plan = readManifestsArguments(['x', '--sidecar', '--pod-label', 'leader=true'])
  return structuredClone(manifestsOf(plan).find(({ object }) => (object as Object).kind === kind)!.object)
}

test.each(KINDS)('a %s is created, read, listed, patched and deleted; a dry run stores nothing', async (kind) => {
  await using server = await startLeaseServer()
  const { send } = client(server)
  const path = PATHS[kind]!
  const object = objectOf(kind)
  const { name } = object.metadata
  expect((await send('POST', `${path}?dryRun=All&fieldValidation=Strict`, object)).status).toBe(201)
  expect((await send('GET', `${path}/${name}`)).status).toBe(404)
  expect((await send('POST', `${path}?fieldValidation=Strict`, object)).status).toBe(201)
  expect((await send('GET', `${path}/${name}`)).body).toMatchObject(object)
  expect((await send('GET', path)).body).toMatchObject({ kind: `${kind}List`, items: [{ metadata: { name } }] })
  const label = { metadata: { labels: { seen: 'true' } } }
  expect((await send('PATCH', `${path}/${name}`, label, MERGE)).body).toMatchObject(label)
  expect((await send('DELETE', `${path}/${name}`)).status).toBe(200)
  expect((await send('GET', `${path}/${name}`)).status).toBe(404)
})

/** The only init container. */
const SIDECAR = 'spec.template.spec.initContainers.0'
const UID = `${SIDECAR}.env.1`

/** What is put where, as which mistake it is refused. Undefined: taken away. */
test.each<[kind: string, path: string, value: unknown, status: number, message: string]>([
  [
    'Deployment',
    `${SIDECAR}.livenesProbe`,
    {},
    400,
    'unknown field "spec.template.spec.initContainers[0].livenesProbe"',
  ],
  [
    'Deployment',
    `${UID}.valueFrom.fieldRef.path`,
    'x',
    400,
    'unknown field "spec.template.spec.initContainers[0].env[1].',
  ],
  ['Deployment', `${SIDECAR}.startupProbe.httpGet.port`, true, 400, 'json: cannot unmarshal bool into Go struct field'],
  ['Deployment', `${SIDECAR}.resources.limits.memory`, '128MiB', 400, 'quantities must match the regular expression'],
  ['Deployment', `${SIDECAR}.resources.limits.memory`, {}, 400, 'of type resource.Quantity'],
  [
    'Deployment',
    'spec.replicas',
    '3',
    400,
    'cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas',
  ],
  ['Deployment', 'spec.selector', undefined, 422, 'spec.selector: Required value'],
  ['Deployment', 'spec.template.metadata.labels', { a: 'b' }, 422, '`selector` does not match template `labels`'],
  ['Deployment', 'spec.template.spec.containers', [], 422, 'spec.template.spec.containers: Required value'],
  ['Deployment', 'spec.template.spec.containers.0.name', 'leader-election', 422, 'Duplicate value: "leader-election"'],
  [
    'Deployment',
    `${SIDECAR}.name`,
    'a.b',
    422,
    'initContainers[0].name: Invalid value: "a.b": a lowercase RFC 1123 label',
  ],
  ['Deployment', `${SIDECAR}.name`, undefined, 422, 'spec.template.spec.initContainers[0].name: Required value'],
  ['Deployment', `${SIDECAR}.image`, '', 422, 'spec.template.spec.initContainers[0].image: Required value'],
  ['Deployment', `${SIDECAR}.restartPolicy`, undefined, 422, '[0].livenessProbe: Forbidden: may not be set for init'],
  ['Deployment', `${UID}.valueFrom.fieldRef.fieldPath`, 'metadata.uuid', 422, 'not supported: metadata.uuid'],
  [
    'Deployment',
    `${UID}.value`,
    'x',
    422,
    'env[1].valueFrom: Invalid value: "": may not be specified when `value` is not',
  ],
  ['Deployment', `${UID}.name`, undefined, 422, 'spec.template.spec.initContainers[0].env[1].name: Required value'],
  ['Service', 'spec.ports', [], 422, 'spec.ports: Required value'],
  [
    'Service',
    'spec.ports.0.port',
    70_000,
    422,
    'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535',
  ],
  ['ServiceAccount', 'spec', {}, 400, 'strict decoding error: unknown field "spec"'],
  ['Role', 'rules.0.verb', ['get'], 400, 'strict decoding error: unknown field "rules[0].verb"'],
  ['Role', 'rules.0.verbs', [], 422, 'rules[0].verbs: Required value: verbs must contain at least one value'],
  ['Role', 'rules.1.apiGroups', undefined, 422, 'rules[1].apiGroups: Required value: resource rules must supply'],
  ['Role', 'rules.1.resources', undefined, 422, 'rules[1].resources: Required value: resource rules must supply'],
  ['Role', 'rules.0.nonResourceURLs', ['/'], 422, 'namespaced rules cannot apply to non-resource URLs'],
  [
    'RoleBinding',
    'roleRef.kind',
    'Rule',
    422,
    'roleRef.kind: Unsupported value: "Rule": supported values: "Role", "Clus',
  ],
  ['RoleBinding', 'roleRef.apiGroup', 'rbac', 422, 'roleRef.apiGroup: Unsupported value: "rbac"'],
  ['RoleBinding', 'roleRef.name', '', 422, 'roleRef.name: Required value'],
  ['RoleBinding', 'subjects.0.kind', 'Pod', 422, 'subjects[0].kind: Unsupported value: "Pod"'],
  ['RoleBinding', 'subjects.0.name', '', 422, 'subjects[0].name: Required value'],
  ['RoleBinding', 'subjects.0.apiGroup', 'x', 422, 'subjects[0].apiGroup: Unsupported value: "x"'],
])('a %s with %s: %j is refused', async (kind, path, value, status, message) => {
  await using server = await startLeaseServer()
  const object = objectOf(kind)
  const steps = path.split('.')
  const last = steps.pop()!
  steps.reduce((inner, step) => inner[step], object)[last] = value
  const answer = await client(server).send('POST', `${PATHS[kind]}?fieldValidation=Strict`, object)
  expect(answer.body.message).toContain(message)
  expect(answer.status).toBe(status)
})

test('a strategic merge patch changes the container and the variable that it names, and leaves the others', async () => {
  await using server = await startLeaseServer()
  const { send } = client(server)
  const path = `${PATHS.Deployment}/x`
  const before = objectOf('Deployment')
  await send('POST', PATHS.Deployment!, before)
  const env = [
    { name: 'POD_UID', $patch: 'delete' },
    { name: 'LEADER_ELECTION_INTERVAL', value: '5s' },
  ]
  const patch = { spec: { template: { spec: { initContainers: [{ name: 'leader-election', image: 'new:1', env }] } } } }
  const { body } = await send('PATCH', path, patch, 'application/strategic-merge-patch+json')
  const [sidecar] = before.spec.template.spec.initContainers
  sidecar.image = 'new:1'
  sidecar.env = [...sidecar.env.filter(({ name }: Object) => name !== 'POD_UID'), env[1]]
  expect(body.spec).toEqual(before.spec)
})
