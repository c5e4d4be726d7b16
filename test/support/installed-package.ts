/** The package as a user gets it: packed, and unpacked into a project of its own. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inject } from 'vitest'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const NAME = 'kubernetes-leader-election'

/** An empty project with the package installed; the packages it depends on are those of this repository. */
export async function installPackage(): Promise<AsyncDisposable & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'leader-election-package-'))
  const modules = join(directory, 'node_modules')
  await mkdir(join(modules, NAME), { recursive: true })
  await run('tar', ['-xzf', inject('tarball'), '--strip-components=1', '-C', join(modules, NAME)])
  for (const dependency of await readdir(join(ROOT, 'node_modules'))) {
    if (dependency.startsWith('.')) continue
    await symlink(join(ROOT, 'node_modules', dependency), join(modules, dependency))
  }
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) }
}
