/**
 * Builds `dist/`: declarations with `tsc`, and bundles, which start sooner and take less memory than their many modules
 * would: a file for each entry point of the library, a file for each command, and what they share.
 *
 * Source and declaration maps point to `src/`, which is in the package: an editor's "go to definition" opens files, and
 * stack traces with --enable-source-maps name them. The command line has none.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, globSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { COMMAND_LINE, finishedPageSource, LIBRARY } from './bundling.ts'

/** Texts, made beforehand: a module of its own, since no source has them. */
const PAGE_SOURCE = 'dist/viewer/page-source.js'

rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' })

writeFileSync(PAGE_SOURCE, await finishedPageSource('viewer'))
rmSync('dist/cli', { recursive: true })
const { metafile } = await build({ ...LIBRARY, outbase: 'dist', outdir: 'dist', allowOverwrite: true, metafile: true })
const kept = new Set([...Object.keys(metafile.outputs), PAGE_SOURCE])
for (const file of globSync('dist/**/*.{js,js.map}')) if (!kept.has(file)) rmSync(file)
await build({ ...COMMAND_LINE, outdir: 'dist/cli' })
chmodSync('dist/cli/main.js', 0o755)
