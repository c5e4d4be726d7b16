/** For `npm run test:long`: packs the package once, as packing builds it anew, for the files that install it. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the packed package. */
    tarball: string
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'leader-election-tarball-'))
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  await promisify(execFile)('npm', ['pack', '--pack-destination', directory], { cwd })
  const tarball = (await readdir(directory)).find((file) => file.endsWith('.tgz'))!
  provide('tarball', join(directory, tarball))
  return () => rm(directory, { recursive: true })
}
