/**
 * Explores deeper than the tests do: `npm run explore -- [--depth D] [--scenario NAME] [--from nothing|term]`. Exits with 1 where a violation
 * was found, and prints the shortest way to it. With `--broken` it explores protocols that were broken on purpose.
 */
import { parseArgs } from 'node:util'
import { BROKEN } from './broken.ts'
import { explore, summary } from './explorer.ts'
import { BEGINNINGS, type Beginning } from './moves.ts'
import { SCENARIOS, type Scenario } from './scenario.ts'

const { values } = parseArgs({
  options: {
    depth: { type: 'string', default: '16' },
    scenario: { type: 'string' },
    from: { type: 'string', default: 'nothing' },
    broken: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const depth = Number(values.depth)
const chosen = Object.values(SCENARIOS).filter(({ name }) => values.scenario === undefined || name === values.scenario)
if (!(Number.isInteger(depth) && depth > 0) || chosen.length === 0 || !(values.from in BEGINNINGS)) {
  console.error(
    `Usage: npm run explore -- [--depth D] [--scenario ${Object.keys(SCENARIOS).join('|')}] [--from ${Object.keys(BEGINNINGS).join('|')}] [--verbose] | --broken`,
  )
  process.exit(2)
}
if (values.broken) await exploreBroken()
else for (const scenario of chosen) await exploreShipped(scenario)

async function exploreShipped(scenario: Scenario): Promise<void> {
  const began = performance.now()
  const exploration = await explore({
    scenario,
    from: values.from as Beginning,
    depth,
    ...(values.verbose && { onDepth }),
  })
  const { candidates, led, violation } = exploration
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${summary(scenario, exploration)} (somebody led in ${led}; ${candidates} local states; ${seconds} s)`)
  if (violation) {
    process.exitCode = 1
    for (const line of violation.trace) console.log(`  ${line}`)
  }
}

/** What goes wrong where the protocol is broken on purpose: the shortest way to it. */
async function exploreBroken(): Promise<void> {
  for (const protocol of BROKEN) {
    const { scenario, finds: looksFor } = protocol
    const exploration = await explore({ scenario, protocol, depth: 30, looksFor, ...(values.verbose && { onDepth }) })
    console.log(`\n${protocol.name}: ${summary(scenario, exploration)}`)
    for (const line of exploration.violation?.trace ?? []) console.log(`  ${line}`)
    if (!exploration.violation) process.exitCode = 1
  }
}

function onDepth(level: number, states: number): void {
  console.log(`  depth ${level}: ${states} states`)
}
