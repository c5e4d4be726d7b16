/** The library as it is here, and as it was in another commit, each built as it is published. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface Version {
  readonly name: string
  /** URL of its main module. */
  readonly library: string
}

export interface Versions extends Disposable {
  readonly all: readonly Version[]
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** @param against a commit, built with its own packages in a worktree of its own that is removed in the end. */
export function buildVersions(against: string | undefined): Versions {
  console.error('building this version …')
  build(ROOT)
  const here = { name: 'here', library: mainModule(ROOT) }
  if (against === undefined) return { all: [here], [Symbol.dispose]() {} }
  console.error(`building ${against} …`)
  const parent = mkdtempSync(join(tmpdir(), 'bench-'))
  const worktree = join(parent, 'worktree')
  const remove = () => {
    execFileSync('git', ['worktree', 'remove', '--force', worktree], { cwd: ROOT })
    rmSync(parent, { recursive: true })
  }
  execFileSync('git', ['worktree', 'add', '--quiet', '--detach', worktree, against], { cwd: ROOT, stdio: 'inherit' })
  try {
    execFileSync('npm', ['ci', '--silent'], { cwd: worktree, stdio: ['ignore', process.stderr, 'inherit'] })
    build(worktree)
  } catch (error) {
    remove()
    throw error
  }
  return { all: [here, { name: against, library: mainModule(worktree) }], [Symbol.dispose]: remove }
}

function build(directory: string): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: directory, stdio: ['ignore', process.stderr, 'inherit'] })
}

function mainModule(directory: string): string {
  return pathToFileURL(join(directory, 'dist/index.js')).href
}
