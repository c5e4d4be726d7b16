/**
 * Builds `dist/`: the library with `tsc`, and the command line as bundles, a file a command, which start sooner than
 * their many modules would.
 *
 * Source and declaration maps point to `src/`, which is in the package: an editor's "go to definition" opens files. The
 * bundles have none: they are not minified, and name each module above its part.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { COMMAND_LINE, finishedPageSource } from './bundling.ts'

rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' })

writeFileSync('dist/viewer/page-source.js', await finishedPageSource('viewer'))
rmSync('dist/viewer/page-source.js.map')
rmSync('dist/cli', { recursive: true })
await build({ ...COMMAND_LINE, outdir: 'dist/cli' })
chmodSync('dist/cli/main.js', 0o755)
