/**
 * `npm run bench [-- NAME …]`: measurements, as a table for people and as JSON for machines.
 *
 * Not tests: figures depend on the machine, so nothing here passes or fails.
 */
export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: string
}

const benches: Record<string, () => Promise<{ measure(): Promise<Measurement[]> }>> = {
  server: () => import('./server.ts'),
}

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !(name in benches))
if (unknown !== undefined) {
  console.error(`unknown bench ${JSON.stringify(unknown)}; expected ${Object.keys(benches).join(' or ')}.`)
  process.exit(2)
}
const results: Measurement[] = []
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  const { measure } = await benches[name]!()
  for (const measurement of await measure()) {
    results.push(measurement)
    console.log(`${measurement.name.padEnd(60)} ${measurement.value.toFixed(1).padStart(10)} ${measurement.unit}`)
  }
}
console.log(JSON.stringify({ node: process.version, results }))
