/** `npm run mutations`: looks for the first seed that notices each mistake, and writes the table. */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { TABLE, writeTable } from './mutation-table.ts'
import { MUTATIONS } from './mutations.ts'
import { type Failure, runHistories } from './runner.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '10000' } } })
const killedBy = new Map<string, Failure>()
const waiting = [...MUTATIONS]

async function work(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { name } = next
    const { failures } = await runHistories({
      histories: Number(values.seeds),
      mutation: name,
      stopsAtFailure: true,
      explains: false,
      workers: 1,
    })
    if (failures[0]) killedBy.set(name, failures[0])
    console.log(`${failures[0] ? `killed by seed ${failures[0].seed}` : 'SURVIVES'}: ${name}`)
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work))
writeFileSync(TABLE, writeTable(MUTATIONS.map(({ name }) => ({ mutation: name, failure: killedBy.get(name) }))))
console.log(`mutations: ${MUTATIONS.length}, killed: ${killedBy.size}, survivors: ${MUTATIONS.length - killedBy.size}`)
process.exitCode = killedBy.size === MUTATIONS.length ? 0 : 1
