/** The alert rules and the dashboard of example/monitoring, against what an election really exports. */
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dump, load } from 'js-yaml'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { observePrometheus } from '../src/telemetry/prometheus.ts'
import { INTERVAL, TestCluster } from './support/cluster.ts'

const FOLDER = fileURLToPath(new URL('../example/monitoring/', import.meta.url))
const promtool = spawnSync('promtool', ['--version']).status === 0
if (!promtool) console.warn('promtool is not installed: the test of the alert rules is skipped')

interface Rules {
  readonly groups: { rules: { readonly alert: string; readonly expr: string }[] }[]
}

/** The metrics that are named in queries, without what a histogram adds. */
function metricsIn(text: string): Set<string> {
  return new Set([...text.matchAll(/leader_election_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')))
}

test('each metric that an alert or a panel asks for is exported by a leader, and each label', async () => {
  await using cluster = await TestCluster.start()
  const a = await cluster.leader('a')
  const registry = new Registry()
  await observePrometheus(a.election, registry)
  await cluster.elapse(2 * INTERVAL)
  const exported = new Set((await registry.getMetricsAsJSON()).map(({ name }) => name))
  const rules = await readFile(join(FOLDER, 'alerts.yml'), 'utf8')
  const dashboard = JSON.parse(await readFile(join(FOLDER, 'dashboard.json'), 'utf8'))
  const queries = dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  )
  const asked = new Set([...metricsIn(rules), ...metricsIn(queries.join('\n'))])
  expect(asked.size).toBeGreaterThan(7)
  expect([...asked].filter((name) => !exported.has(name))).toEqual([])
  // A histogram that nobody reads would say nothing.
  expect(await registry.metrics()).toMatch(/leader_election_renewal_duration_seconds_count\{name="my-app"\} [1-9]/)
})

test.skipIf(!promtool)('promtool: the rules are valid, do what their tests say, and none can be left out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leader-election-rules-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(FOLDER, folder, { recursive: true })
  const run = (...args: string[]) => spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' })
  expect(run('check', 'rules', 'alerts.yml')).toMatchObject({ status: 0 })
  expect(run('test', 'rules', 'alerts.test.yml')).toMatchObject({ status: 0 })
  const text = await readFile(join(folder, 'alerts.yml'), 'utf8')
  const names = (load(text) as Rules).groups[0]!.rules.map(({ alert }) => alert)
  expect(names).toHaveLength(5)
  for (const name of names) {
    const rules = load(text) as Rules
    rules.groups[0]!.rules = rules.groups[0]!.rules.filter(({ alert }) => alert !== name)
    await writeFile(join(folder, 'alerts.yml'), dump(rules))
    expect(run('test', 'rules', 'alerts.test.yml').status, `without ${name}`).not.toBe(0)
  }
})
