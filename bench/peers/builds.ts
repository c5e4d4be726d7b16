/**
 * The peers' programs, built with the toolchains that are there, in versions that are pinned beside their sources. What was
 * built is kept in `.cache/peers`, by what it was built from.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OURS, type Peer } from './peer.ts'

const SOURCES = import.meta.dirname
const CACHE = fileURLToPath(new URL('../../.cache/peers/', import.meta.url))

export interface Missing {
  readonly name: string
  readonly because: string
}

interface Recipe {
  readonly name: string
  /** The folder of its sources. */
  readonly folder: string
  /** Where several are built together: the name that they are kept by. */
  readonly kept?: string
  /** Says its version; where it fails, the toolchain is missing. */
  readonly toolchain: readonly string[]
  readonly isForMany?: true
  readonly tellsLeader?: true
  /** Of the package, from its pin. */
  version(read: (file: string) => string): string
  build(directory: string): void
  command(directory: string): string[]
  env?(directory: string): Record<string, string>
}

const PYTHON = {
  folder: 'python',
  kept: 'python',
  toolchain: ['python3', '--version'],
  build(directory: string) {
    run(directory, ['python3', '-m', 'venv', directory])
    run(directory, [join(directory, 'bin/pip'), 'install', '--quiet', '-r', join(SOURCES, 'python/requirements.txt')])
  },
  // What it would write beside the sources would make them others.
  env: () => ({ PYTHONDONTWRITEBYTECODE: '1' }),
}

const RECIPES: readonly Recipe[] = [
  {
    name: 'client-go',
    folder: 'go',
    toolchain: ['go', 'version'],
    isForMany: true,
    tellsLeader: true,
    version: (read) => found(read('go.mod'), /k8s\.io\/client-go v(\S+)/),
    build: (directory) => run(join(SOURCES, 'go'), ['go', 'build', '-o', join(directory, 'elector'), './client-go']),
    command: (directory) => [join(directory, 'elector')],
  },
  {
    name: 'controller-runtime',
    folder: 'go',
    toolchain: ['go', 'version'],
    version: (read) => found(read('go.mod'), /controller-runtime v(\S+)/),
    build: (directory) =>
      run(join(SOURCES, 'go'), ['go', 'build', '-o', join(directory, 'elector'), './controller-runtime']),
    command: (directory) => [join(directory, 'elector')],
  },
  {
    name: 'fabric8',
    folder: 'java',
    toolchain: ['java', '--version'],
    tellsLeader: true,
    version: (read) => found(read('pom.xml'), /kubernetes-client<\/artifactId>\s*<version>(.+)<\/version>/),
    build(directory) {
      const jars = join(directory, 'jars')
      const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${jars}`]
      run(directory, ['mvn', '--quiet', '--batch-mode', '--file', join(SOURCES, 'java/pom.xml'), ...goal])
      const source = join(SOURCES, 'java/src/main/java/Elector.java')
      run(directory, ['javac', '-classpath', join(jars, '*'), '-d', directory, source])
    },
    command: (directory) => ['java', '-classpath', `${directory}:${join(directory, 'jars', '*')}`, 'Elector'],
  },
  {
    ...PYTHON,
    name: 'kubernetes (Python)',
    version: (read) => found(read('requirements.txt'), /^kubernetes==(.+)$/m),
    command: (directory) => [join(directory, 'bin/python'), join(SOURCES, 'python/elector.py')],
  },
  {
    ...PYTHON,
    name: 'kubernetes_asyncio',
    version: (read) => found(read('requirements.txt'), /^kubernetes_asyncio==(.+)$/m),
    command: (directory) => [join(directory, 'bin/python'), join(SOURCES, 'python/asyncio_elector.py')],
  },
  {
    name: '@codedependant/kubernetes-leader-election',
    folder: 'npm',
    toolchain: [process.execPath, '--version'],
    version: (read) => found(read('package.json'), /kubernetes-leader-election": "(.+)"/),
    build(directory) {
      for (const file of ['package.json', 'package-lock.json'])
        copyFileSync(join(SOURCES, 'npm', file), join(directory, file))
      run(directory, ['npm', 'ci', '--silent', '--no-audit', '--no-fund'])
    },
    command: () => [process.execPath, join(SOURCES, 'npm/elector.cjs')],
    env: (directory) => ({ MODULES: directory }),
  },
]

/** @param library URL of the library's main module. */
export function ours(library: string): Peer {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return {
    name: OURS,
    version: `${version}, Node.js ${process.version}`,
    command: [process.execPath, join(SOURCES, 'ours/elector.mjs')],
    env: { LIBRARY: library },
    isForMany: true,
    tellsLeader: true,
  }
}

/** Those that are wanted; what can't be built here is left out, and said. */
export function buildPeers(isWanted: (name: string) => boolean): { peers: Peer[]; missing: Missing[] } {
  const peers: Peer[] = []
  const missing: Missing[] = []
  for (const recipe of RECIPES.filter(({ name }) => isWanted(name))) {
    const toolchain = versionOf(recipe.toolchain)
    if (toolchain === undefined) {
      missing.push({ name: recipe.name, because: `${recipe.toolchain[0]} is not installed` })
      continue
    }
    try {
      peers.push(built(recipe, toolchain))
    } catch (error) {
      missing.push({ name: recipe.name, because: `it could not be built: ${(error as Error).message}` })
    }
  }
  for (const { name, because } of missing) console.error(`without ${name}: ${because}`)
  return { peers, missing }
}

function built(recipe: Recipe, toolchain: string): Peer {
  const sources = join(SOURCES, recipe.folder)
  const directory = join(CACHE, `${recipe.kept ?? recipe.name.replaceAll(/\W+/g, '-')}-${hashOf(sources)}`)
  const stamp = join(directory, 'built')
  if (!existsSync(stamp)) {
    console.error(`building ${recipe.name}; the first time may take minutes …`)
    mkdirSync(directory, { recursive: true })
    recipe.build(directory)
    writeFileSync(stamp, '')
  }
  const version = recipe.version((file) => readFileSync(join(sources, file), 'utf8'))
  return {
    name: recipe.name,
    version: `${version}, ${toolchain}`,
    command: recipe.command(directory),
    env: recipe.env?.(directory) ?? {},
    isForMany: recipe.isForMany ?? false,
    tellsLeader: recipe.tellsLeader ?? false,
  }
}

/** Undefined where it is not there. */
function versionOf([program, ...args]: readonly string[]): string | undefined {
  try {
    return execFileSync(program!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0]!
  } catch {
    return undefined
  }
}

function hashOf(directory: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort())
    hash.update(path.slice(dirname(directory).length)).update(readFileSync(path))
  return hash.digest('hex').slice(0, 16)
}

function run(cwd: string, [program, ...args]: readonly string[]): void {
  execFileSync(program!, args, { cwd, stdio: ['ignore', process.stderr, 'inherit'] })
}

function found(text: string, pattern: RegExp): string {
  const match = pattern.exec(text)
  if (!match) throw new Error(`no version: ${pattern} is not in ${JSON.stringify(text)}`)
  return match[1]!
}
