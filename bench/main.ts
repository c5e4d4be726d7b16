/**
 * `npm run bench [-- NAME … --case TEXT … --against COMMIT]`: measurements, as a table for people and as JSON for machines.
 *
 * Figures depend on the machine, so they pass or fail nothing; only what must never be, a second leader or something
 * that is left behind, ends a run with an error. Without a name, and for `all`, it is what fits into ten minutes.
 * `--against` measures another commit of the library in the same run, by turns. `--case` and `--peer` (by a part of the
 * name), `--seconds`, `--elections`, `--followers`, `--renewals` and `--rounds` make a run shorter; `--save` keeps what
 * `peers`, `profile`, `scale` and `soak` show in bench/results.
 */
import { ALL } from './all.ts'
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
  cli: () => import('./cli.ts'),
  peers: () => import('./peers/main.ts'),
  mixed: () => import('./mixed/main.ts'),
  soak: () => import('./soak.ts'),
  scale: () => import('./scale.ts'),
  profile: () => import('./profile.ts'),
}

const { names, options } = parse()
const isAll = names.length === 0 || names.includes('all')
const wanted = isAll ? ALL : names.map((name) => ({ name, options: {} }))
// The embedded server is always the present one.
const versions: Versions = wanted.some(({ name }) => name !== 'server')
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
  for (const [index, { name, options: own }] of wanted.entries()) {
    console.error(`${name}: ${index + 1} of ${wanted.length}, after ${Math.round(performance.now() / 1000)} s`)
    const { measure } = await benches[name]!()
    const measurements = await measure({ ...options, ...own }, versions.all)
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
    const unknown = parsed.names.find((name) => name !== 'all' && !Object.hasOwn(benches, name))
    if (unknown === undefined) return parsed
    console.error(`unknown bench ${JSON.stringify(unknown)}; expected all, ${Object.keys(benches).join(' or ')}.`)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(error.message)
  }
  process.exit(2)
}
