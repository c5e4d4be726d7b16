/** Malformed Leases, API errors of every class, a missing environment, wrong options: a clear error or a defined behaviour. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ConfigurationError,
  type ElectionInput,
  LeaderElection,
  type LeaderElectionOptions,
  TransientApiError,
} from '../src/index.ts'
import { parseLease } from '../src/lease/record.ts'
import { resolveSettings } from '../src/options/options.ts'
import { readSurroundings } from '../src/options/pod.ts'
import { asLog } from '../src/telemetry/log.ts'
import { LEASE, LEASE_DURATION, TestCluster } from './support/cluster.ts'

const pod = { identity: 'a', owner: { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u' } }

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic

const wrongOptions: [string, unknown, string][] = [
  ['leaseName in capitals', ['My_App'], 'leaseName is "My_App"; expected a DNS subdomain'],
  ['namespace with a dot', ['x', { namespace: 'a.b' }], 'namespace is "a.b"; expected a DNS label'],
  ['interval of text', ['x', { interval: '30s' }], 'interval is "30s"; expected milliseconds from 10 to 2147483647'],
  ['interval not a number', ['x', { interval: Number.NaN }], 'interval is NaN; expected milliseconds'],
  ['interval in seconds', ['x', { interval: 5 }], 'interval is 5; expected milliseconds from 10'],
  [
    'a fraction of a second',
    ['x', { leaseDuration: 1_500 }],
    'leaseDuration is 1500; expected whole seconds in milliseconds',
  ],
  [
    'a deadline beyond the lease',
    ['x', { leaseDuration: 15_000, renewDeadline: 15_000, interval: 1_000 }],
    'renewDeadline is 15000; expected less than leaseDuration (15000)',
  ],
  [
    'an interval beyond the deadline',
    ['x', { leaseDuration: 15_000, renewDeadline: 10_000, interval: 10_000 }],
    'interval is 10000; expected less than renewDeadline (10000)',
  ],
  [
    'a request longer than a third of the deadline',
    ['x', { leaseDuration: 15_000, renewDeadline: 9_000, interval: 1_000, requestTimeout: 3_001 }],
    'requestTimeout is 3001; expected at most a third of renewDeadline (9000)',
  ],
  [
    'no room for one renewal',
    ['x', { leaseDuration: 15_000, renewDeadline: 9_000, interval: 8_000, requestTimeout: 2_000 }],
    'interval + requestTimeout is 10000; expected at most renewDeadline, so that one renewal fits in (9000)',
  ],
  ['an unknown preset', ['x', { preset: 'fast' }], 'preset is "fast"; expected one of "default", "client-go"'],
  ['an empty retry array', ['x', { retryBackoffs: [] }], 'retryBackoffs is []; expected a non-empty array'],
  ['a negative back-off', ['x', { retryBackoffs: [100, -1] }], 'retryBackoffs[1] is -1; expected milliseconds from 0'],
  ['an owner without uid', ['x', { owner: { apiVersion: 'v1', kind: 'Pod', name: 'a' } }], 'owner.uid is undefined'],
  ['labels in a list', ['x', { labels: ['a'] }], "labels is [ 'a' ]; expected an object of strings"],
  ['an identity of nothing', ['x', { identity: '' }], 'identity is ""; expected a non-empty string'],
  ['a kubeConfig path', ['x', { kubeConfig: '/etc/kube' }], 'kubeConfig is "/etc/kube"; expected a KubeConfig'],
  [
    'a log without levels',
    ['x', { log: {} }],
    'log is {}; expected console, a pino logger or the like, with functions `debug`',
  ],
  [
    'a statsd that cannot count',
    ['x', { statsd: {} }],
    'statsd is {}; expected a hot-shots client, with a function `increment`',
  ],
  [
    'an inspector that can inspect nothing',
    ['x', { inspect: {} }],
    'inspect is {}; expected a function or an observer',
  ],
  [
    'labels that contain themselves',
    ['x', { labels: [cyclic] }],
    'labels is [ <ref *1> { self: [Circular *1] } ]; expected an object',
  ],
  ['a signal that is none', ['x', { signal: 'SIGTERM' }], 'signal is "SIGTERM"; expected an AbortSignal'],
  [
    'an option of another name',
    ['x', { leaseDurationSeconds: 15 }],
    'unknown option `leaseDurationSeconds`; expected one of namespace, identity, owner,',
  ],
  [
    'a lease name among the options',
    ['x', { leaseName: 'y' }],
    'the option `leaseName` is not taken here: give it as the',
  ],
  [
    'a term among the options',
    ['x', { term: 'life' }],
    'the option `term` is not taken here: call `becomeLeaderForLife()`',
  ],
  [
    'a jitter of days',
    ['x', { claimJitter: 1e9 }],
    'claimJitter is 1000000000; expected at most leaseDuration (60000)',
  ],
  ['a clock that can not tell the time', ['x', { clock: {} }], 'clock is {}; expected an object with functions `now`'],
  [
    'a label of two slashes',
    ['x', { labels: { 'a/b/c': 'd' } }],
    'the key of a label is "a/b/c"; expected 1 to 63 letters, digits',
  ],
  ['a label with a space', ['x', { labels: { app: 'my app' } }], 'labels["app"] is "my app"; expected 1 to 63 letters'],
  [
    'a kubeconfig as an object',
    ['x', { kubeConfig: { users: [{ token: 'secret' }] } }],
    'kubeConfig is an object with users; expected a KubeConfig',
  ],
  [
    'a kubeconfig as a text',
    ['x', { kubeConfig: 'y'.repeat(500) }],
    'kubeConfig is a text of 500 characters; expected',
  ],
  ['options that are none', ['x', null], 'options is null; expected an object'],
]

test.each(wrongOptions)('%s is refused at construction', (_name, args, message) => {
  expect(() => new LeaderElection(...(args as [string, LeaderElectionOptions]))).toThrow(ConfigurationError)
  expect(() => new LeaderElection(...(args as [string, LeaderElectionOptions]))).toThrow(message)
})

test('valid labels are taken', () => {
  const labels = { app: 'web', 'example.com/part-of': 'shop_1.a', empty: '' }
  expect(resolveSettings({ leaseName: 'x', labels, term: 'renewable' }).labels).toEqual(labels)
})

test('a listener for an event that there is not, or that is no function, is refused', () => {
  const election = new LeaderElection('x', pod)
  expect(() => election.on('lead' as 'leading', () => {})).toThrow(
    'there is no event "lead"; expected one of "newLeader", "leading", "renewed"',
  )
  expect(() => election.on('leading', undefined as never)).toThrow(
    'the listener for "leading" is undefined; expected a function.',
  )
})

test("Nest's Logger, whose info is called log, is taken as a log", () => {
  class Logger {
    lines: string[] = []
    log(message: string) {
      this.lines.push(`log ${message}`)
    }
    debug(message: string) {
      this.lines.push(`debug ${message}`)
    }
    warn(message: string) {
      this.lines.push(`warn ${message}`)
    }
    error(message: string) {
      this.lines.push(`error ${message}`)
    }
  }
  const log = new Logger()
  new LeaderElection('x', { ...pod, log })
  expect(log.lines).toEqual([expect.stringMatching(/^debug x: lease 60000 ms/)])
  asLog(log).info('y')
  expect(log.lines.at(-1)).toBe('log y')
})

test('stopping waits for the work by default for no longer than a pod has time to end', () => {
  const drainTimeout = (input: ElectionInput) =>
    resolveSettings({ leaseName: 'x', term: 'renewable', ...input }).drainTimeout
  expect(drainTimeout({})).toBe(25_000)
  expect(drainTimeout({ preset: 'client-go' })).toBe(15_000)
  expect(drainTimeout({ drainTimeout: 300_000 })).toBe(300_000)
})

test('a valid set of options tells the tolerated clock-rate error at debug level', () => {
  const log: string[] = []
  const silent = () => {}
  new LeaderElection('x', {
    ...pod,
    log: { debug: (line) => log.push(line), info: silent, warn: silent, error: silent },
  })
  expect(log).toEqual([expect.stringContaining('lease 60000 ms, deadline 40000 ms, renewal every 30000 ms')])
  expect(log[0]).toContain('safe while clock rates err by less than 20.0 %')
})

test('the namespace comes from the kubeconfig where nothing else names one', async () => {
  await using cluster = await TestCluster.start()
  const { KubeConfig } = await import('@kubernetes/client-node')
  cluster.server.createNamespace('shop')
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromString(cluster.server.kubeConfigYaml('a', 'shop'))
  await cluster.leader('a', { kubeConfig, namespace: undefined, owner: undefined })
  expect(cluster.server.leases.list().map(({ metadata }) => metadata.namespace)).toEqual(['shop'])
})

test('a kubeconfig without a server, or with one that is not meant without TLS, says so', async () => {
  await using cluster = await TestCluster.start({ tls: false })
  const { KubeConfig } = await import('@kubernetes/client-node')
  const empty = new KubeConfig()
  empty.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: 'nowhere' })
  const plain = cluster.server.kubeConfig('a')
  Object.assign(plain.getCurrentCluster()!, { skipTLSVerify: false })
  for (const [kubeConfig, message] of [
    [empty, 'the kubeconfig has no current cluster (current context: "nowhere")'],
    [plain, 'without TLS; use https, or say that this is meant'],
  ] as const) {
    const { election } = cluster.candidate('a', { kubeConfig })
    const failure = election.becomeLeaderForLife().catch((error: Error) => error)
    await cluster.elapse(1)
    expect(await failure).toMatchObject({ name: 'KubeConfigError', message: expect.stringContaining(message) })
  }
})

test('a missing lease name says where it could come from', () => {
  expect(() => resolveSettings({}, readSurroundings({}))).toThrow(
    'no lease name: give one as the option `leaseName`, or set LEASE_NAME in the environment.',
  )
})

test('a leader for life without a pod says which variables are missing, and how to set them', () => {
  const surroundings = readSurroundings({ POD_NAME: 'web-1', POD_UID: ' ', LEASE_NAME: 'x' })
  expect(() => resolveSettings({}, surroundings)).toThrow(/^POD_UID not set: .*fieldPath: metadata\.uid/)
  const nameless = readSurroundings({ POD_UID: 'u', LEASE_NAME: 'x' })
  expect(() => resolveSettings({}, nameless)).toThrow(/^POD_NAME not set: .*fieldPath: metadata\.name/)
  expect(() => resolveSettings({ leaseName: 'x' }, readSurroundings({}))).toThrow(/^POD_NAME and POD_UID not set/)
})

test('the environment of the pod is enough', () => {
  const env = { LEASE_NAME: 'x', POD_NAME: 'web-1', POD_UID: 'u-1', POD_NAMESPACE: 'shop' }
  expect(resolveSettings({}, readSurroundings(env))).toMatchObject({
    leaseName: 'x',
    identity: 'web-1',
    namespace: 'shop',
    owner: { apiVersion: 'v1', kind: 'Pod', name: 'web-1', uid: 'u-1' },
    interval: 30_000,
    leaseDuration: 60_000,
    renewDeadline: 40_000,
  })
})

const malformed: [string, Record<string, unknown> | null][] = [
  ['no spec at all', null],
  ['an empty spec', {}],
  ['a holder and nothing else', { holderIdentity: 'old' }],
  ['a negative duration', { holderIdentity: 'old', leaseDurationSeconds: -5 }],
  ['a duration of text', { holderIdentity: 'old', leaseDurationSeconds: '15' }],
  ['times of garbage', { holderIdentity: 'old', leaseDurationSeconds: 15, renewTime: 'yesterday', acquireTime: 17 }],
  [
    'times in the far future',
    { holderIdentity: 'old', leaseDurationSeconds: 15, renewTime: '9999-12-31T23:59:59.000000Z' },
  ],
  ['negative transitions', { holderIdentity: 'old', leaseDurationSeconds: 15, leaseTransitions: -3 }],
  ['a holder that is a number', { holderIdentity: 7, leaseDurationSeconds: 15 }],
]

test.each(malformed)('a lease with %s is taken over after a duration at most', async (_name, spec) => {
  await using cluster = await TestCluster.start()
  cluster.server.leases.put({ metadata: { name: LEASE }, ...(spec && { spec }) })
  const { election } = cluster.candidate('a')
  void election.becomeLeaderForLife()
  expect(await cluster.until(() => election.isLeading())).toBeLessThanOrEqual(LEASE_DURATION + 60)
  expect(cluster.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15 })
  expect(cluster.spec!.leaseTransitions).toBeGreaterThanOrEqual(0)
})

test('a lease whose duration is absurdly long is respected, and the log warns of it', async () => {
  await using cluster = await TestCluster.start()
  const spec = { holderIdentity: 'old', leaseDurationSeconds: 2_147_483_647 }
  cluster.server.leases.put({ metadata: { name: LEASE }, spec })
  const { election, log } = cluster.candidate('a')
  void election.becomeLeaderForLife().catch(() => {})
  await cluster.elapse(300_000)
  expect(election.isLeading()).toBe(false)
  expect(log).toContain(`warn ${LEASE}: old leads; its Lease lasts 2147483647000 ms, ours would last 15000 ms`)
})

test.each([
  [
    'a node owns',
    { metadata: { name: LEASE, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }] } },
    'it is owned by the Node',
  ],
  [
    'coordinated leader election manages',
    { metadata: { name: LEASE }, spec: { strategy: 'OldestEmulationVersion' } },
    'its spec.strategy is "OldestEmulationVersion"',
  ],
])('a lease that %s is left alone, with an error', async (_name, lease, message) => {
  await using cluster = await TestCluster.start()
  const before = cluster.server.leases.put(lease)
  const { election } = cluster.candidate('a')
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(100)
  expect(await failure).toMatchObject({ name: 'ForeignLeaseError', message: expect.stringContaining(message) })
  expect(cluster.lease).toEqual(before)
})

test('whatever a lease is made of, reading it never throws', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (metadata, spec) => {
      const record = parseLease({ metadata: { uid: 'u', resourceVersion: '1', ...(metadata as object) }, spec })
      expect(record === undefined || typeof record.uid === 'string').toBe(true)
      if (record?.leaseDuration !== undefined) expect(record.leaseDuration).toBeGreaterThan(0)
    }),
  )
})

const invalid: [number, string, string][] = [
  [400, 'InvalidRequestError', 'get lease default/my-app: 400: injected failure 400'],
  [422, 'InvalidRequestError', 'get lease default/my-app: 422'],
]

test.each(invalid)('%i ends the election at once with %s', async (status, name, message) => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'get', status })
  const { election, events } = cluster.candidate('a')
  const failure = election.lead(() => 'never').catch((error: Error) => error)
  await cluster.elapse(1)
  expect(await failure).toMatchObject({ name, message: expect.stringContaining(message) })
  expect(events.at(-1)).toMatchObject({ type: 'failed' })
  expect(events.map(({ type }) => type)).not.toContain('retrying')
})

const refusals: [number, string, string][] = [
  [401, 'UnauthorizedError', 'refreshed ones too'],
  [403, 'ForbiddenError', 'resourceNames: ["my-app"], verbs: ["get"]'],
]

test.each(refusals)(
  '%i at the start is told at once, and after startTimeout ends the election with %s',
  async (status, name, message) => {
    await using cluster = await TestCluster.start()
    cluster.server.faults.add({ verb: 'get', status })
    const { election, events, log } = cluster.candidate('a', { startTimeout: 5_000, retryBackoffs: [1_000] })
    const failure = election.lead(() => 'never').catch((error: Error) => error)
    await cluster.elapse(1)
    expect(log.join()).toContain(message)
    await cluster.elapse(4_000)
    expect(events.at(-1)).toMatchObject({ type: 'retrying' })
    await cluster.elapse(3_000)
    expect(await failure).toMatchObject({ name, message: expect.stringContaining(message) })
    expect(events.at(-1)).toMatchObject({ type: 'failed' })
  },
)

test.each([404, 408, 429, 500, 502, 503, 504])('%i is retried', async (status) => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'get', status, body: 'plain text from a proxy', times: 1 })
  const { election, events } = cluster.candidate('a')
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  const retrying = events.find((event) => event.type === 'retrying')
  expect(retrying?.error).toBeInstanceOf(TransientApiError)
  expect(String(retrying?.error)).toContain(`${status}: plain text from a proxy`)
})

test.each([
  ['HTML', '<html>login</html>'],
  ['an empty answer', ''],
  ['a JSON text', '"lease"'],
  ['null', 'null'],
  ['an object that is no Lease', '{"kind":"ConfigMap","apiVersion":"v1"}'],
  ['a Lease of garbage', '{"metadata":5,"spec":[]}'],
])('%s instead of a lease is retried, not crashed on', async (_name, body) => {
  await using cluster = await TestCluster.start()
  cluster.server.leases.put({ metadata: { name: LEASE }, spec: { holderIdentity: '' } })
  cluster.server.faults.add({ verb: 'get', body, times: 2 })
  const { election, events } = cluster.candidate('a')
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading(), 2_000)
  expect(events.filter(({ type }) => type === 'retrying')).toHaveLength(2)
})

test.each([
  ['does not exist', () => {}, '404: namespaces "nowhere" not found. Create the namespace, or give another one.'],
  [
    'is going away',
    (cluster: TestCluster) => {
      cluster.server.createNamespace('nowhere')
      cluster.server.leases.put({ metadata: { name: 'kept', finalizers: ['example.com/kept'] } }, 'nowhere')
      cluster.server.deleteNamespace('nowhere')
    },
    'because it is being terminated',
  ],
])('a namespace that %s is an error that says so', async (_name, prepare, message) => {
  await using cluster = await TestCluster.start()
  prepare(cluster)
  const { election, log } = cluster.candidate('a', { namespace: 'nowhere', startTimeout: 5_000 })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(100)
  expect(log.join()).toContain(message)
  await cluster.elapse(15_000)
  expect(await failure).toMatchObject({ message: expect.stringContaining(message) })
})

test('a kubeConfig function that throws, or returns something else, says so', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a', { kubeConfig: () => ({}) as never })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(1)
  expect(await failure).toMatchObject({
    name: 'KubeConfigError',
    message:
      'kubeConfig returned [object Object]; expected a KubeConfig of @kubernetes/client-node, or a function that returns one.',
  })
  let calls = 0
  const flaky = cluster.candidate('b', {
    kubeConfig: () => {
      calls += 1
      if (calls < 3) throw new Error('the vault is sealed')
      return cluster.server.kubeConfig('b')
    },
  })
  void flaky.election.becomeLeaderForLife()
  await cluster.until(() => flaky.election.isLeading())
  expect(flaky.log.join()).toContain('the vault is sealed')
})

test('a credential plug-in that hangs does not hang the election', async () => {
  await using cluster = await TestCluster.start()
  const options = { retryBackoffs: [100], endAfterRetries: true }
  const { election } = cluster.candidate('a', { kubeConfig: () => new Promise(() => {}), ...options })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(20_000)
  expect(await failure).toMatchObject({
    name: 'RetriesExhaustedError',
    message: expect.stringContaining('not sent within 8000 ms'),
  })
})

test('a connection that is refused, or reset, is retried', async () => {
  await using cluster = await TestCluster.start()
  cluster.server.faults.add({ verb: 'get', reset: true, times: 1 })
  const { election, log } = cluster.candidate('a')
  void election.becomeLeaderForLife()
  await cluster.until(() => election.isLeading())
  expect(log.join()).toMatch(
    /get lease default\/my-app: Stream closed with error code NGHTTP2_INTERNAL_ERROR; failure 1 in a row/,
  )
})

test('a resourceVersion that is no integer is refused: there would be no fencing token', async () => {
  await using cluster = await TestCluster.start()
  const lease = {
    metadata: { name: LEASE, namespace: 'default', uid: 'u', resourceVersion: 'abc' },
    spec: { holderIdentity: 'a' },
  }
  cluster.server.faults.add({ verb: 'create', body: JSON.stringify(lease) })
  const { election } = cluster.candidate('a')
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(100)
  expect(await failure).toMatchObject({
    message: expect.stringContaining('resourceVersion is "abc"; expected a decimal integer'),
  })
})

test('work that is no function, and a cooldown that is no duration, are refused', async () => {
  await using cluster = await TestCluster.start()
  const { election } = cluster.candidate('a')
  await expect(election.lead('work' as never)).rejects.toThrow('work is "work"; expected a function.')
  const b = await cluster.leader('b')
  for (const cooldown of [-1, '5 s', Number.NaN]) {
    await expect(b.election.stepDown({ cooldown: cooldown as number })).rejects.toThrow(ConfigurationError)
  }
  expect(b.election.isLeading()).toBe(true)
})

test('an inspector may be an observer as well as a function', async () => {
  await using cluster = await TestCluster.start()
  const seen: string[] = []
  await cluster.leader('a', { inspect: { next: ({ type }) => void seen.push(type) } })
  expect(seen).toContain('@xstate.snapshot')
})

test('the times of a lease are the same whether they come as text or as dates; a date that is none counts as absent', () => {
  const metadata = { uid: 'u', resourceVersion: '1' }
  const text = '2026-11-22T14:00:00.000Z'
  const times = (renewTime: unknown) => parseLease({ metadata, spec: { renewTime } })?.renewTime
  expect(times(new Date(text))).toBe(times(text))
  expect(times(new Date('yesterday'))).toBeUndefined()
})

test('running one election twice at once is refused', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  await expect(a.election.lead(() => 'again')).rejects.toThrow('this election is running already')
})
