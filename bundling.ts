/** How programs are made of few files, which start three times as fast: the command line, and the candidates of the tests. */
import type { BuildOptions, Plugin } from 'esbuild'
import { type PAGES, readPageSource } from './src/viewer/page-source.ts'

/** Bundled CommonJS packages call `require`. */
const REQUIRE = {
  js: "import { createRequire as _createRequire } from 'node:module';const require = _createRequire(import.meta.url);",
} as const

/** What stands in the place of `src/viewer/page-source.ts` in what is built: the finished text of this page. */
export async function finishedPageSource(page: keyof typeof PAGES): Promise<string> {
  return `const source = ${JSON.stringify(await readPageSource(page))}\nexport const readPageSource = async () => source\n`
}

const WITH_DEMO_PAGE: Plugin = {
  name: 'with the page of the demo',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]viewer[\\/]page-source\.ts$/ }, async () => ({ contents: await finishedPageSource('demo') }))
  },
}

/**
 * Modules of Node.js are fetched rather than imported. An import reads every export once, also those that load something
 * at the first reading: that of `node:http` loads all of `fetch` and `WebSocket`, which took 35 ms and 3 MB (Node.js 24).
 */
const FETCHED_BUILTINS: Plugin = {
  name: 'fetched builtins',
  setup({ onResolve, onLoad }) {
    const namespace = 'fetched-builtin'
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace, sideEffects: false }))
    onLoad({ filter: /^/, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }))
  },
}

/** A file a command, and what they share; and the guard of `run`, which is a process of its own. */
export const COMMAND_LINE = {
  entryPoints: ['src/cli/main.ts', 'src/cli/run/guard.ts'],
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  // Loaded where they are asked for only, from where the package is installed.
  external: ['@kubernetes/client-node', 'js-yaml', 'socks'],
  plugins: [FETCHED_BUILTINS, WITH_DEMO_PAGE],
  chunkNames: '[name]-[hash]',
  banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  legalComments: 'linked',
  logLevel: 'warning',
} satisfies BuildOptions

/** What `tsc` has made of the library, one file for each entry point, and what they share. Packages stay what they are. */
export const LIBRARY = {
  entryPoints: ['index', 'telemetry/prometheus', 'telemetry/opentelemetry', 'testing/index', 'viewer/index'].map(
    (name) => `dist/${name}.js`,
  ),
  bundle: true,
  splitting: true,
  packages: 'external',
  external: ['./page-source.js'],
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  sourcesContent: false,
  chunkNames: 'shared/[name]-[hash]',
  logLevel: 'warning',
} satisfies BuildOptions

export const ONE_FILE = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  // Optional native speed-ups of `ws`, which is not used.
  external: ['bufferutil', 'utf-8-validate'],
  banner: REQUIRE,
} as const satisfies BuildOptions
