/** Many real processes, and everything that can happen to them. */
import { expect, onTestFailed, test } from 'vitest'
import type { CandidateProcess } from '../processes/candidate-process.ts'
import { Churn } from '../processes/churn.ts'
import { ProcessCluster } from '../processes/process-cluster.ts'

/** How often the leadership has to change hands for the churn to mean anything. */
const HAND_OVERS = 5

test('ten candidates, killed, stopped, blocked and cut off for ten seconds, never lead two at a time', {
  timeout: 90_000,
}, async ({ annotate }) => {
  const seed = Number(process.env.CHURN_SEED ?? Math.floor(Math.random() * 2 ** 32))
  await using cluster = await ProcessCluster.start()
  const churn = new Churn(cluster, seed)
  const told = () => [`CHURN_SEED=${seed}`, ...churn.history].join('\n')
  onTestFailed(() => console.error(told()))
  await churn.start(10)
  await churn.rage(10_000, () => cluster.resource.handOvers >= HAND_OVERS, 40_000)
  await churn.calm()

  // Everything is mended: one leads, and all others follow it.
  const calmAt = process.hrtime.bigint()
  const leads = await cluster.until(() => onlyLeader(cluster, calmAt), 'one leads and all others follow')
  expect(cluster.violations).toEqual([])
  expect(cluster.resource.handOvers).toBeGreaterThanOrEqual(HAND_OVERS)
  expect(cluster.resource.accepted).toBeGreaterThan(cluster.resource.terms.length)
  const running = cluster.processes.filter(({ isRunning }) => isRunning)
  expect(running).toHaveLength(10)
  expect(running).toContain(leads)

  for (const each of running) each.kill('SIGTERM')
  for (const each of running) expect(await each.exited).toEqual({ code: 0, errors: '' })
  expect(cluster.violations).toEqual([])
  const { handOvers, accepted, refused } = cluster.resource
  await annotate(`${churn.history.length} blows, ${handOvers} hand-overs, ${accepted} writes, ${refused} refused`)
})

/** The one that led after this moment, where all others follow it. */
function onlyLeader({ leader, processes }: ProcessCluster, since: bigint): CandidateProcess | undefined {
  if (!leader || BigInt(leader.told.write?.askedAt ?? 0) < since) return undefined
  const others = processes.filter((each) => each.isRunning && each !== leader)
  return others.every(({ told }) => told.newLeader?.holder === leader.pod) ? leader : undefined
}
