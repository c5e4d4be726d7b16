/**
 * `npm run bench [-- NAME … --case TEXT … --against COMMIT]`: measurements, as a table for people and as JSON for machines.
 *
 * Not tests: figures depend on the machine, so nothing here passes or fails. `--against` measures another commit of the
 * library in the same run, by turns. `--case` (by a part of the name), `--seconds`, `--elections`, `--followers` and
 * `--rounds` make a run shorter.
 */
import { type Measurement, table } from './measurement.ts'
import { type BenchOptions, parseOptions } from './options.ts'
import { buildVersions, type Version, type Versions } from './versions.ts'

interface Bench {
  measure(options: BenchOptions, versions: readonly Version[]): Promise<Measurement[]>
}

const benches: Record<string, () => Promise<Bench>> = {
  server: () => import('./server.ts'),
  many: () => import('./many.ts'),
  herd: () => import('./herd.ts'),
  start: () => import('./start.ts'),
  peers: () => import('./peers/main.ts'),
  mixed: () => import('./mixed/main.ts'),
  soak: () => import('./soak.ts'),
  scale: () => import('./scale.ts'),
  profile: () => import('./profile.ts'),
}

const { names, options } = parse()
const wanted = names.length > 0 ? names : Object.keys(benches)
// The embedded server is always the present one.
const versions: Versions = wanted.some((name) => name !== 'server')
  ? buildVersions(options.against)
  : { all: [], [Symbol.dispose]() {} }
// The electors and the server end when we do; the other commit's worktree has to be removed.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    versions[Symbol.dispose]()
    process.exit(code)
  })
}
try {
  const results: Measurement[] = []
  for (const name of wanted) {
    const { measure } = await benches[name]!()
    const measurements = await measure(options, versions.all)
    console.log(table(measurements))
    results.push(...measurements)
  }
  console.log(JSON.stringify({ node: process.version, results }))
} finally {
  versions[Symbol.dispose]()
}

function parse(): ReturnType<typeof parseOptions> {
  try {
    const parsed = parseOptions(process.argv.slice(2))
    const unknown = parsed.names.find((name) => !Object.hasOwn(benches, name))
    if (unknown === undefined) return parsed
    console.error(`unknown bench ${JSON.stringify(unknown)}; expected ${Object.keys(benches).join(' or ')}.`)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(error.message)
  }
  process.exit(2)
}
