/** For `npm test`: the command line is bundled once, as in the package, for the files that start it. */
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { COMMAND_LINE } from '../../bundling.ts'

const DIRECTORY = fileURLToPath(new URL('../../.cache/cli', import.meta.url))

export default async function setup(): Promise<() => Promise<void>> {
  await build({ ...COMMAND_LINE, outdir: DIRECTORY })
  return () => rm(DIRECTORY, { recursive: true })
}
