/** How programs are made of few files, which start three times as fast: the command line, and the candidates of the tests. */
import type { BuildOptions } from 'esbuild'

/** Bundled CommonJS packages call `require`. */
const REQUIRE = {
  js: "import { createRequire as _createRequire } from 'node:module';const require = _createRequire(import.meta.url);",
} as const

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
  chunkNames: '[name]-[hash]',
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
