/** `npm run simulate -- --seeds N [--seed S]`: N histories from the seed S on; exit code 1 where something must not be. */
import { parseArgs } from 'node:util'
import { MUTATIONS } from './mutations.ts'
import { runHistories, runScenario } from './runner.ts'
import { atSlowServer, SLOW } from './slow-server.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    'clock-error': { type: 'string' },
    mutation: { type: 'string' },
  },
})
const histories = number('seeds', values.seeds)
const mutation = values.mutation
if (mutation !== undefined && !MUTATIONS.some(({ name }) => name === mutation)) {
  fail(`--mutation is "${mutation}"; expected one of ${MUTATIONS.map(({ name }) => `"${name}"`).join(', ')}.`)
}

const scenario = MUTATIONS.find(({ name }) => name === mutation)?.scenario
if (scenario) {
  const noticed = await runScenario(scenario, mutation)
  console.log(`${scenario}: ${noticed ?? 'nothing is noticed'}`)
  process.exit(noticed ? 1 : 0)
}

const startedAt = performance.now()
let reportedAt = startedAt
const { faults, terms, requests, failures } = await runHistories({
  histories,
  firstSeed: number('seed', values.seed),
  mutation,
  clockError: values['clock-error'] === undefined ? undefined : number('clock-error', values['clock-error']),
  stopsAtFailure: mutation !== undefined,
  onFailure: ({ seed, violation }) => console.error(`seed ${seed}: ${violation}`),
  onProgress: (tally) => {
    if (performance.now() - reportedAt < 10_000) return
    reportedAt = performance.now()
    console.error(`${tally.histories} of ${histories} histories, ${tally.failures.length} violations`)
  },
})
for (const { seed, violation, explanation } of failures) console.log(`\n${explanation || `seed ${seed}: ${violation}`}`)
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
const slow = await atSlowServer()
const lost = slow.violations[0] ?? (slow.terms === 1 ? 'no term lost' : `${slow.terms} terms instead of one`)
console.log(`\nwith ${SLOW} ms a request, for ten minutes: ${lost}`)
console.log(`terms led: ${terms}, requests: ${requests}, seconds: ${seconds}`)
console.log(`histories: ${histories}, faults: ${faults}, violations: ${failures.length}`)
process.exitCode = failures.length === 0 && slow.terms === 1 && slow.violations.length === 0 ? 0 : 1

function number(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) fail(`--${name} is "${text}"; expected a number above 0.`)
  return value
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
