/**
 * `npm run mutations [-- --seeds N]`: looks for the first seed that notices each mistake, and writes the table. Where the
 * first N seeds don't, the one in the table is tried: some are so rare that they were found among 100,000 histories.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { readTable, TABLE, writeTable } from './mutation-table.ts'
import { MUTATIONS } from './mutations.ts'
import { type Failure, runHistories, runScenario } from './runner.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '10000' } } })
const killedBy = new Map<string, Failure>()
const noticedBy = new Map<string, string>()
const waiting = [...MUTATIONS]
const known = new Map(readTable().map(({ mutation, seed }) => [mutation, seed]))

async function search(mutation: string, firstSeed: number, histories: number): Promise<Failure | undefined> {
  const options = { stopsAtFailure: true, explains: false, workers: 1 }
  return (await runHistories({ mutation, firstSeed, histories, ...options })).failures[0]
}

async function work(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { name, scenario } = next
    if (scenario) {
      const noticed = await runScenario(scenario, name)
      if (noticed) noticedBy.set(name, noticed)
      console.log(`${noticed ? `killed by ${scenario}` : 'SURVIVES'}: ${name}`)
      continue
    }
    const failure = (await search(name, 1, Number(values.seeds))) ?? (await search(name, known.get(name) ?? 1, 1))
    if (failure) killedBy.set(name, failure)
    console.log(`${failure ? `killed by seed ${failure.seed}` : 'SURVIVES'}: ${name}`)
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work))
const rows = MUTATIONS.map(({ name, scenario }) => ({
  mutation: name,
  failure: killedBy.get(name),
  scenario,
  noticed: noticedBy.get(name),
}))
writeFileSync(TABLE, writeTable(rows))
const killed = killedBy.size + noticedBy.size
console.log(`mutations: ${MUTATIONS.length}, killed: ${killed}, survivors: ${MUTATIONS.length - killed}`)
process.exitCode = killed === MUTATIONS.length ? 0 : 1
