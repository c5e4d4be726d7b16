/** What `manifests` prints: right in form, no more rights than an election of that use needs, and no fewer. */
import { loadAll } from 'js-yaml'
import { describe, expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../../src/cli/arguments/usage-error.ts'
import { yamlOf } from '../../src/cli/manifests/manifest.ts'
import { manifestsOf, readManifestsArguments } from '../../src/cli/manifests.ts'
import type { LeaseServer } from '../../src/testing/index.ts'
import { client } from '../server/client.ts'
import { type Candidate, INTERVAL, LEASE, RENEW_DEADLINE, TestCluster, worker } from '../support/cluster.ts'
import { runCommand } from '../support/command.ts'

// biome-ignore lint/suspicious/noExplicitAny: manifests, looked into by matchers
type Object = any

const objectsOf = (...args: string[]): Object[] =>
  manifestsOf(readManifestsArguments([LEASE, ...args])).map(({ object }) => object)
const ofKind = (objects: readonly Object[], kind: string): Object => objects.find((each) => each.kind === kind)
const podOf = (...args: string[]): Object => ofKind(objectsOf(...args), 'Deployment').spec.template.spec
const envOf = (container: Object): Record<string, string> =>
  Object.fromEntries(
    container.env.map(({ name, value, valueFrom }: Object) => [name, value ?? `<${valueFrom.fieldRef.fieldPath}>`]),
  )

const POD = { POD_NAME: '<metadata.name>', POD_UID: '<metadata.uid>', POD_NAMESPACE: '<metadata.namespace>' }
const SIDECAR = ['--sidecar', '--pod-label', 'leader=yes', '--preset', 'client-go', '--namespace', 'web']

describe('as a process', () => {
  test('it prints YAML, the same at each call, and with --json the same objects as a List on one line', async () => {
    const [yaml, again, json] = await Promise.all([
      runCommand(['manifests', LEASE, ...SIDECAR]),
      runCommand(['manifests', LEASE, ...SIDECAR]),
      runCommand(['manifests', LEASE, ...SIDECAR, '--json']),
    ])
    for (const { code, stderr } of [yaml, again, json]) expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
    expect(again.stdout).toEqual(yaml.stdout)
    const objects = loadAll(yaml.stdout.join('\n'))
    expect(objects).toEqual(objectsOf(...SIDECAR))
    expect(json.stdout).toHaveLength(1)
    expect(JSON.parse(json.stdout[0]!)).toEqual({ apiVersion: 'v1', kind: 'List', items: objects })
  })

  test('its options come from the environment, too; wrong ones end it with exit code 2', async () => {
    const { stdout } = await runCommand(['manifests', '--json'], {
      LEASE_NAME: 'other',
      LEADER_ELECTION_USE: 'run',
      LEADER_ELECTION_INTERVAL: '5s',
    })
    const { items } = JSON.parse(stdout[0]!)
    const [container] = ofKind(items, 'Deployment').spec.template.spec.containers
    expect(container.args.slice(0, 2)).toEqual(['run', 'other'])
    expect(envOf(container)).toEqual({ ...POD, LEADER_ELECTION_INTERVAL: '5s' })
    const wrong = await runCommand(['manifests', LEASE, '--use', 'sidecars'])
    expect(wrong).toMatchObject({ code: 2, stdout: [] })
    expect(wrong.stderr[0]).toBe('--use is "sidecars"; expected one of library, run, sidecar.')
  })
})

describe('what can not be meant is refused', () => {
  test.each([
    [[], 'no lease name: give one as the first argument, as in `kubernetes-leader-election manifests my-app`'],
    [['My_App'], 'LEASE is "My_App"; expected a DNS subdomain'],
    [['my.app'], 'LEASE is "my.app"; expected at most 56 lower-case letters, digits and "-", beginning with a letter'],
    [['x', '--name', '9lives'], '--name is "9lives"; expected at most 56 lower-case letters'],
    [['x', '--name', 'a'.repeat(57)], `--name is "${'a'.repeat(57)}"; expected at most 56`],
    [['x', '--namespace', 'a.b'], '--namespace is "a.b"; expected a DNS label'],
    [['x', '--sidecar', '--use', 'run'], '--sidecar and --use run are two ways of use; expected one.'],
    [['x', '--sidecar', '--for-life'], '--for-life is for --use library; this is --use sidecar: who runs a command'],
    [
      ['x', '--sidecar-image', 'y'],
      '--sidecar-image is for --use sidecar; this is --use library: there is no sidecar.',
    ],
    [['x', '--use', 'run', '--pod-label', 'a=b'], '--pod-label is for --use sidecar; this is --use run'],
    [['x', '--interval', '5s'], '--interval is for --use run and --use sidecar; this is --use library: an application'],
    [['x', '--port', '80'], '--port needs --pod-label'],
    [['x', '--sidecar', '--port', '80'], '--port needs --pod-label'],
    [
      ['x', '--sidecar', '--pod-label', 'a=b', '--port', '65536'],
      '--port is "65536"; expected a port from 1 to 65535.',
    ],
    [['x', '--sidecar', '--pod-label', 'leader'], '--pod-label is "leader"; expected KEY=VALUE, such as leader=true.'],
    [['x', '--sidecar', '--pod-label', 'a=-'], '--pod-label is "a=-"; labels["a"] is "-"; expected 1 to 63 letters'],
    [['x', '--sidecar', '--pod-label', 'app.kubernetes.io/name=b'], 'expected another key: by app.kubernetes.io/name'],
    [['x', '--image', 'a b'], '--image is "a b"; expected an image, such as my-app:1.'],
    [['x', '--replicas', 'many'], '--replicas is "many"; expected a whole number.'],
    [['x', '--', 'node'], '"node" after `--` is a command, which only --use run takes.'],
    [
      ['x', '--sidecar', '--interval', '1m', '--lease-duration', '30s'],
      '--interval is "1m"; expected less than --renew-deadline (20000)',
    ],
  ])('manifests %j', (args, message) => {
    expect(() => readManifestsArguments(args)).toThrow(UsageError)
    expect(() => readManifestsArguments(args)).toThrow(message)
  })
})

describe('the Deployment', () => {
  test.each(['library', 'run', 'sidecar'])('--use %s: nothing runs as root, writes, or can gain privileges', (use) => {
    const { initContainers = [], containers, securityContext, terminationGracePeriodSeconds } = podOf('--use', use)
    expect(securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    for (const container of [...initContainers, ...containers]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        runAsUser: expect.any(Number),
      })
    }
    // More than the 25 s that a leader gives its work at most.
    expect(terminationGracePeriodSeconds).toBe(30)
  })

  test('the library is told its Lease and its pod', () => {
    const { containers } = podOf('--image', 'app:2', '--for-life')
    expect(containers).toMatchObject([{ image: 'app:2' }])
    expect(containers[0]).not.toHaveProperty('command')
    expect(envOf(containers[0])).toEqual({ LEASE_NAME: LEASE, ...POD })
  })

  test('the wrapper is the first process of the container, and gets its timing from the environment', () => {
    const { containers } = podOf('--use', 'run', '--lease-duration', '90s', '--renew-deadline', '45s', '--', 'w', '--x')
    expect(containers).toMatchObject([
      { command: ['kubernetes-leader-election'], args: ['run', LEASE, '--', 'w', '--x'] },
    ])
    const timing = { LEADER_ELECTION_LEASE_DURATION: '90s', LEADER_ELECTION_RENEW_DEADLINE: '45s' }
    expect(envOf(containers[0])).toEqual({ ...POD, ...timing })
  })

  test('the sidecar starts before the application and ends after it; its probes reach what it listens on', () => {
    const { initContainers, containers } = podOf(...SIDECAR, '--sidecar-image', 'elector:3')
    expect(initContainers).toHaveLength(1)
    const [sidecar] = initContainers
    expect(sidecar).toMatchObject({
      image: 'elector:3',
      restartPolicy: 'Always',
      args: ['serve', LEASE, '--http', ':4040', '--pod-label', 'leader=yes'],
      ports: [{ name: 'elector', containerPort: 4040 }],
      startupProbe: { httpGet: { path: '/healthz', port: 'elector' } },
      livenessProbe: { httpGet: { path: '/healthz', port: 'elector' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'elector' } },
      resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    })
    expect(envOf(sidecar)).toEqual({ ...POD, LEADER_ELECTION_PRESET: 'client-go' })
    expect(containers).toHaveLength(1)
    expect(envOf(containers[0])).toEqual({
      POD_NAME: POD.POD_NAME,
      ELECTOR_PATH: 'localhost:4040',
      ELECTOR_GET_URL: 'http://localhost:4040/',
      ELECTOR_SSE_URL: 'http://localhost:4040/sse',
    })
  })

  test('a Service selects the pod that the sidecar labels, and leads to the port of the application', () => {
    const objects = objectsOf(...SIDECAR, '--port', '3000')
    const { metadata, spec } = ofKind(objects, 'Service')
    const { labels } = ofKind(objects, 'Deployment').spec.template.metadata
    expect(metadata).toEqual({ name: `${LEASE}-leader`, namespace: 'web' })
    expect(spec.selector).toEqual({ ...labels, leader: 'yes' })
    const { containers } = podOf(...SIDECAR, '--port', '3000')
    expect(containers[0].ports).toEqual([{ name: spec.ports[0].targetPort, containerPort: 3000 }])
    expect(ofKind(objectsOf('--sidecar'), 'Service')).toBeUndefined()
  })

  test('everything is of one name and namespace, and who runs the pods is who has the rights', () => {
    const objects = objectsOf(...SIDECAR, '--name', 'web')
    for (const { kind, metadata } of objects) {
      expect(metadata).toMatchObject({ name: kind === 'Service' ? 'web-leader' : 'web', namespace: 'web' })
    }
    const { roleRef, subjects } = ofKind(objects, 'RoleBinding')
    expect(roleRef).toMatchObject({ kind: 'Role', name: 'web' })
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'web', namespace: 'web' }])
    expect(ofKind(objects, 'Deployment').spec.template.spec.serviceAccountName).toBe('web')
    for (const { metadata } of objectsOf()) expect(metadata).not.toHaveProperty('namespace')
  })
})

/** What came of an election in which one leads, renews, is followed, gives the Lease back and is succeeded at once. */
interface Course {
  readonly leads: boolean
  readonly renews: boolean
  readonly releases: boolean
  readonly succeeds: boolean
  /** Verbs for which somebody was answered 403. */
  readonly refused: readonly string[]
  /** Every verb of the requests. */
  readonly asked: readonly string[]
}

describe('the rights', () => {
  const WAYS = [
    ['library', ['--use', 'library'], 'renewable'],
    ['run', ['--use', 'run'], 'renewable'],
    ['sidecar', ['--use', 'sidecar'], 'renewable'],
    ['library for life', ['--for-life'], 'life'],
  ] as const

  test.each(WAYS)(
    '%s: with them an election takes its course, nobody is refused, and none is left unused',
    async (_way, args, term) => {
      const yaml = await yamlOf(manifestsOf(readManifestsArguments([LEASE, ...args])))
      const course = await take(term, yaml)
      expect(course).toMatchObject({ leads: true, renews: true, releases: true, succeeds: true, refused: [] })
      const { rules } = ofKind(objectsOf(...args), 'Role')
      expect(course.asked).toEqual(rules.flatMap(({ verbs }: Object) => verbs).sort())
    },
  )

  test.each([
    ['renewable', 'create', { leads: false }],
    ['renewable', 'get', { leads: false }],
    ['renewable', 'patch', { renews: false }],
    ['renewable', 'watch', { leads: true, renews: true, releases: true, succeeds: false }], // later, by polling
    ['life', 'create', { leads: false }],
    ['life', 'get', { leads: false }],
    ['life', 'patch', { renews: false }],
    ['life', 'watch', { leads: true, renews: true, releases: true, succeeds: false }],
    ['life', 'delete', { leads: true, renews: true, releases: false }],
  ] as const)('%s: without %s it does not', async (term, verb, outcome) => {
    const objects = objectsOf(...(term === 'life' ? ['--for-life'] : []))
    const role = ofKind(objects, 'Role')
    const fewer = role.rules
      .map((rule: Object) => ({ ...rule, verbs: rule.verbs.filter((each: string) => each !== verb) }))
      .filter(({ verbs }: Object) => verbs.length > 0)
    const manifest = [{ ...role, rules: fewer }, ofKind(objects, 'RoleBinding')].map((each) => JSON.stringify(each))
    const course = await take(term, manifest.join('\n---\n'))
    expect(course).toMatchObject(outcome)
    expect(course.refused).toEqual([verb])
  })

  test('with --pod-label the pods can be listed, read and labelled, and nothing else; without it none of that', async () => {
    const pods = '/api/v1/namespaces/default/pods'
    const labels = { metadata: { labels: { leader: 'yes' } } }
    for (const [args, expected] of [
      [
        ['--sidecar', '--pod-label', 'leader=yes'],
        [200, 200, 200, 403, 403],
      ],
      [['--sidecar'], [403, 403, 403, 403, 403]],
    ] as const) {
      await using cluster = await TestCluster.start()
      cluster.server.rbac.apply(await yamlOf(manifestsOf(readManifestsArguments([LEASE, ...args]))))
      cluster.server.pod('a', { serviceAccount: LEASE })
      const { send } = client(cluster.server, 'a')
      const answers = [
        await send('GET', `${pods}/a`),
        await send('PATCH', `${pods}/a`, labels, 'application/merge-patch+json'),
        await send('GET', `${pods}?labelSelector=leader%3Dyes`),
        await send('DELETE', `${pods}/a`),
        await send('GET', '/api/v1/namespaces/default/pods?watch=true'),
      ]
      expect(answers.map(({ status }) => status)).toEqual(expected)
    }
  })

  test('they are for this Lease alone: another one can be created, as RBAC can not tell, but not read or changed', async () => {
    await using cluster = await TestCluster.start()
    cluster.server.rbac.apply(await yamlOf(manifestsOf(readManifestsArguments([LEASE, '--for-life']))))
    cluster.server.pod('a', { serviceAccount: LEASE })
    cluster.server.leases.put({ metadata: { name: 'other' } })
    const { create, get, patch, remove } = client(cluster.server, 'a')
    const answers = [await create({ metadata: { name: 'third' } }), await get('other'), await patch('other', {})]
    answers.push(await remove('other'), await get('third'))
    expect(answers.map(({ status }) => status)).toEqual([201, 403, 403, 403, 403])
  })
})

/** The candidates are pods of the manifest's service account. */
async function take(term: 'life' | 'renewable', manifest: string): Promise<Course> {
  const cluster = await TestCluster.start()
  onTestFinished(() => cluster[Symbol.asyncDispose]())
  const { server } = cluster
  server.rbac.apply(manifest)
  const stand = (pod: string): Candidate => {
    server.pod(pod, { serviceAccount: LEASE })
    const candidate = cluster.candidate(pod, { startTimeout: 5_000 })
    const { election } = candidate
    const standing = term === 'life' ? election.becomeLeaderForLife() : election.lead(worker().run)
    standing.then(() => (term === 'life' ? election.lost : undefined)).catch(() => {})
    return candidate
  }
  const comes = (condition: () => unknown, limit: number) =>
    cluster.until(condition, limit).then(
      () => true,
      () => false,
    )

  const a = stand('a')
  const leads = await comes(() => a.election.isLeading(), 10_000)
  await cluster.elapse(2 * RENEW_DEADLINE)
  const renews = leads && a.election.isLeading()
  const b = stand('b')
  await comes(() => b.election.leader === 'a', 10_000)
  // Where it polls, the next poll is to be as far away as it can be.
  const reads = () => server.requests.filter(({ identity, verb }) => identity === 'b' && verb === 'get').length
  const before = reads()
  await comes(() => reads() > before, 2 * INTERVAL)
  let isStopped = false
  const stopping = a.election.stop().finally(() => {
    isStopped = true
  })
  stopping.catch(() => {})
  await cluster.until(() => isStopped)
  const holder = cluster.spec?.holderIdentity
  const releases = leads && holder !== 'a'
  const succeeds = await comes(() => b.election.isLeading(), 500)
  const verbsOf = (requests: LeaseServer['requests']) => [...new Set(requests.map(({ verb }) => verb))].sort()
  const refused = verbsOf(server.requests.filter(({ status }) => status === 403))
  return { leads, renews, releases, succeeds, refused, asked: verbsOf(server.requests) }
}
