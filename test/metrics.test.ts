/** What metrics receive, through a loss and a fail-over: by statsd over UDP, by Prometheus, by OpenTelemetry. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { StatsD } from 'hot-shots'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import type { LeaderElectionOptions } from '../src/index.ts'
import { countEvents } from '../src/telemetry/counts.ts'
import { observeOpenTelemetry } from '../src/telemetry/opentelemetry.ts'
import { observePrometheus } from '../src/telemetry/prometheus.ts'
import { countEvent } from '../src/telemetry/statsd.ts'
import { INTERVAL, LEASE, LEASE_DURATION, RENEW_DEADLINE, TestCluster, WITHOUT_PHASE } from './support/cluster.ts'
import type { ManualClock } from './support/manual-clock.ts'

type Options = LeaderElectionOptions & { clock?: ManualClock }

/** a leads, is cut off and loses its term; b follows, and leads. */
async function failOver(cluster: TestCluster, options: (pod: string) => Options) {
  const a = await cluster.leader('a', options('a'))
  const b = await cluster.follower('b', options('b'))
  await cluster.elapse(3 * INTERVAL)
  cluster.server.faults.partition('a')
  await cluster.until(() => b.election.isLeading())
  await cluster.elapse(3 * INTERVAL)
  return { a, b }
}

const hasData = ({ dataPoints }: MetricData) => dataPoints.length > 0

/** A statsd server: the lines that it received, by the client's prefix. */
async function statsdServer() {
  const lines: string[] = []
  const socket = createSocket('udp4', (message) => lines.push(...String(message).split('\n').filter(Boolean)))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  const client = (prefix: string) => {
    const statsd = new StatsD({ host: '127.0.0.1', port: socket.address().port, prefix: `${prefix}.` })
    onTestFinished(() => void statsd.close())
    return statsd
  }
  return { lines, client }
}

test('statsd: a client of hot-shots sends what the table lists, and never do two say that they lead', async () => {
  await using cluster = await TestCluster.start()
  const { lines, client } = await statsdServer()
  await failOver(cluster, (pod) => ({ statsd: client(pod) }))
  const tags = '|#lease:my-app,namespace:default'
  const isThere = (line: string | RegExp) => () =>
    lines.some((each) => (typeof line === 'string' ? each === line : line.test(each)))
  for (const line of [
    `a.leader_running:1|c${tags}`,
    `a.leader_election.leading:1|g${tags}`,
    `a.leader_election.leading:0|g${tags}`,
    `a.leader_election.transitions:1|c${tags}`,
    `a.leader_election.losses:1|c${tags},reason:deadline`,
    /^a\.leader_election\.renewal:\d+(\.\d+)?\|ms\|#lease:my-app,namespace:default$/,
    /^a\.leader_election\.failures:1\|c\|#lease:my-app,namespace:default,operation:renew,kind:TransientApiError$/,
    `b.leader_running:1|c${tags}`,
    `b.leader_election.leading:1|g${tags}`,
  ]) {
    await expect.poll(isThere(line), { message: String(line) }).toBe(true)
  }
  const says = new Map<string, string>()
  for (const line of lines) {
    const [, pod, value] = /^(\w+)\.leader_election\.leading:(\d)/.exec(line) ?? []
    if (pod) says.set(pod, value!)
    expect([...says.values()].filter((each) => each === '1').length, line).toBeLessThanOrEqual(1)
  }
})

test('OpenTelemetry: instruments as listed, and a span for each term with its failed renewals', async () => {
  await using cluster = await TestCluster.start()
  const spans = new InMemorySpanExporter()
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 31 - 1 })
  const meters = new MeterProvider({ readers: [reader] })
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  onTestFinished(async () => {
    await meters.shutdown()
    await tracers.shutdown()
  })
  const a = cluster.candidate('a', WITHOUT_PHASE)
  const endOther = observeOpenTelemetry(a.election) // by the global API, which does nothing here
  const end = observeOpenTelemetry(a.election, { meter: meters.getMeter('test'), tracer: tracers.getTracer('test') })
  observeOpenTelemetry(a.election, { meter: meters.getMeter('ended'), tracer: tracers.getTracer('ended') })()
  const read = async () => {
    exporter.reset()
    await reader.forceFlush()
    const scopes = exporter
      .getMetrics()
      .at(-1)!
      .scopeMetrics.filter(({ metrics }) => metrics.some(hasData))
    expect(scopes.map(({ scope }) => scope.name)).toEqual(['test'])
    const { metrics } = scopes[0]!
    return new Map(metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]))
  }
  const attributes = { lease: LEASE, namespace: 'default' }
  void a.election.lead(() => new Promise(() => {})).catch(() => {})
  await cluster.until(() => a.election.isLeading())
  await cluster.elapse(INTERVAL + 100)
  const leading = await read()
  expect(leading.get('leader_election.leading')).toMatchObject([{ value: 1, attributes }])
  expect(leading.get('leader_election.validity')![0]!.value).toBeLessThanOrEqual(RENEW_DEADLINE / 1000)
  expect(leading.get('leader_election.validity')![0]!.value).toBeGreaterThan(5)
  expect(leading.get('leader_election.transitions')).toMatchObject([{ value: 1, attributes }])
  expect(leading.get('leader_election.renewal.duration')).toMatchObject([{ value: { count: 1 }, attributes }])
  cluster.server.faults.partition('a')
  await cluster.elapse(LEASE_DURATION)
  const lost = await read()
  expect(lost.get('leader_election.leading')).toMatchObject([{ value: 0 }])
  expect(lost.get('leader_election.validity')).toMatchObject([{ value: 0 }])
  expect(lost.get('leader_election.losses')).toMatchObject([{ value: 1, attributes: { reason: 'deadline' } }])
  expect(lost.get('leader_election.failures')).toContainEqual(
    expect.objectContaining({ attributes: { ...attributes, operation: 'renew', 'error.type': 'TransientApiError' } }),
  )
  endOther()
  const [span] = spans.getFinishedSpans()
  expect(span).toMatchObject({
    name: 'leader_election.term',
    attributes: { ...attributes, identity: 'a', fencing_token: expect.stringMatching(/^\d+$/), reason: 'deadline' },
    status: { code: SpanStatusCode.ERROR },
  })
  expect(span!.events.map(({ name }) => name)).toContain('renewal failed')
  end()
})

test('Prometheus: a scrape has what the table lists, through a loss and a fail-over, and never names two leaders', async () => {
  await using cluster = await TestCluster.start()
  const registries = { a: new Registry(), b: new Registry() }
  const [a, b] = [await cluster.leader('a'), await cluster.follower('b')]
  await observePrometheus(a.election, registries.a)
  await observePrometheus(b.election, registries.b)
  const scrape = async (pod: 'a' | 'b') => {
    const lines = (await registries[pod].metrics()).split('\n').filter((line) => line && !line.startsWith('#'))
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
    )
  }
  const status = 'leader_election_master_status{name="my-app"}'
  await cluster.elapse(3 * INTERVAL)
  expect(await scrape('a')).toMatchObject({
    [status]: 1,
    'leader_election_info{name="my-app",namespace="default",leader="a",identity="a"}': 1,
    'leader_election_renewals_total{name="my-app"}': 3,
    'leader_election_renewal_duration_seconds_count{name="my-app"}': 3,
    'leader_election_renew_deadline_seconds{name="my-app"}': RENEW_DEADLINE / 1000,
    'leader_election_interval_seconds{name="my-app"}': INTERVAL / 1000,
  })
  cluster.server.faults.partition('a')
  for (let elapsed = 0; !b.election.isLeading(); elapsed += 500) {
    expect(elapsed).toBeLessThan(2 * LEASE_DURATION)
    await cluster.elapse(500)
    expect((await scrape('a'))[status]! + (await scrape('b'))[status]!).toBeLessThanOrEqual(1)
  }
  const lost = await scrape('a')
  expect(lost).toMatchObject({
    [status]: 0,
    'leader_election_validity_seconds{name="my-app"}': 0,
    'leader_election_losses_total{name="my-app",reason="deadline"}': 1,
    'leader_election_losses_total{name="my-app",reason="takenOver"}': 0,
  })
  expect(lost['leader_election_failures_total{name="my-app",operation="renew"}']).toBeGreaterThan(0)
  expect(lost['leader_election_slowpath_total{name="my-app"}']).toBeGreaterThan(0)
  expect(await scrape('b')).toMatchObject({ [status]: 1, 'leader_election_terms_total{name="my-app"}': 1 })
})

test('an election with all of them attached sends as many requests for its renewals as one without', async () => {
  const renewalsOf = async (attach: boolean) => {
    await using cluster = await TestCluster.start()
    const { client } = await statsdServer()
    const a = await cluster.leader('a', attach ? { statsd: client('a'), events: true } : {})
    const end = attach ? observeOpenTelemetry(a.election) : () => {}
    if (attach) await observePrometheus(a.election, new Registry())
    const before = cluster.server.requests.length
    await cluster.elapse(20 * INTERVAL)
    end()
    return cluster.server.requests.slice(before).map(({ verb }) => verb)
  }
  const without = await renewalsOf(false)
  expect(without.filter((verb) => verb === 'patch')).toHaveLength(20)
  expect((await renewalsOf(true)).filter((verb) => verb !== 'create')).toEqual(without)
})

test('a statsd client that can only count is told what it can take; where no namespace is known, none is said', () => {
  const counted: string[] = []
  const statsd = { increment: (stat: string, tags?: string[]) => void counted.push(`${stat} ${tags}`) }
  const election = { leaseName: LEASE, isLeading: () => true }
  countEvent(statsd, { type: 'reporting', fencingToken: 1n }, election)
  countEvent(statsd, { type: 'renewed', fencingToken: 1n, took: 5 }, election)
  countEvent(statsd, { type: 'retrying', operation: 'renew', attempt: 1, delay: 0, error: 'odd' }, election)
  expect(counted).toEqual([
    'leader_running lease:my-app',
    'leader_election.failures lease:my-app,operation:renew,kind:unknown',
  ])
})

test('where nobody scrapes, the times of the latest thousand renewals are kept, and their number', () => {
  let renewed: ((event: { took: number }) => void) | undefined
  const on = (type: string, listener: never) => {
    if (type === 'renewed') renewed = listener
    return () => {}
  }
  const counts = countEvents({ on } as never)
  for (let took = 1; took <= 1_500; took += 1) renewed!({ took })
  expect(counts.renewals).toBe(1_500)
  expect(counts.renewalTimes).toHaveLength(1_000)
  expect(counts.renewalTimes.at(-1)).toBe(1_500)
})
