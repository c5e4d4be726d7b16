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

/** A file a command, and what they share. */
export const COMMAND_LINE = {
  entryPoints: ['src/cli/main.ts'],
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  // Loaded where they are asked for only, from where the package is installed.
  external: ['@kubernetes/client-node', 'js-yaml', 'socks'],
  chunkNames: '[name]-[hash]',
  plugins: [WITH_DEMO_PAGE],
  banner: REQUIRE,
  legalComments: 'linked',
  logLevel: 'warning',
} as const satisfies BuildOptions

export const ONE_FILE = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  // Optional native speed-ups of `ws`, which is not used.
  external: ['bufferutil', 'utf-8-validate'],
  banner: REQUIRE,
} as const satisfies BuildOptions
