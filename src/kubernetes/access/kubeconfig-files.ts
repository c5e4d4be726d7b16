/**
 * Kubeconfig files, read and merged as kubectl does it: a missing file is skipped; the first file that defines a
 * cluster, a user, a context or `current-context` wins, as a whole; paths are relative to the file that names them.
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { KubeConfigError, messageOf } from '../../errors.ts'

/** The fields of a cluster, a user or a context, and the file they come from. */
export interface Entry {
  readonly file: string
  /** For messages: `the user "admin" in /home/me/.kube/config`. */
  readonly origin: string
  readonly fields: Fields
}

export type Fields = Readonly<Record<string, unknown>>

export interface MergedKubeConfig {
  /** Those that were read; the missing ones are not among them. */
  readonly files: readonly string[]
  readonly currentContext: string | undefined
  readonly contexts: ReadonlyMap<string, Entry>
  readonly clusters: ReadonlyMap<string, Entry>
  readonly users: ReadonlyMap<string, Entry>
}

/** @throws KubeConfigError where a file can't be read or is no kubeconfig. */
export async function readKubeConfigFiles(paths: readonly string[]): Promise<MergedKubeConfig> {
  const files: string[] = []
  let currentContext: string | undefined
  const contexts = new Map<string, Entry>()
  const clusters = new Map<string, Entry>()
  const users = new Map<string, Entry>()
  for (const file of paths.map((path) => resolve(path))) {
    const config = await readKubeConfig(file)
    if (!config) continue
    files.push(file)
    currentContext ||= textOf(config, 'current-context', `the kubeconfig ${file}`)
    collect(contexts, config, 'contexts', 'context', file)
    collect(clusters, config, 'clusters', 'cluster', file)
    collect(users, config, 'users', 'user', file)
  }
  return { files, currentContext, contexts, clusters, users }
}

/**
 * A field that is text, or absent.
 *
 * @throws KubeConfigError where it is something else, as an unquoted number is in YAML.
 */
export function textOf(fields: Fields, name: string, origin: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === null || value === '') return undefined
  // Its value may be a secret, and is not told.
  if (typeof value !== 'string') {
    throw new KubeConfigError(`${origin}: ${name} is a ${typeof value}; expected text, so put it in quotes.`)
  }
  return value
}

/** A field that is a path, made absolute. */
export function pathOf({ fields, file, origin }: Entry, name: string): string | undefined {
  const path = textOf(fields, name, origin)
  return path === undefined ? undefined : resolve(dirname(file), path)
}

/** A plug-in's command is a path where it has a separator; else it is looked for in PATH. */
export function commandOf({ file }: Entry, command: unknown): unknown {
  return typeof command === 'string' && command.includes(sep) ? resolve(dirname(file), command) : command
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function readKubeConfig(file: string): Promise<Fields | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new KubeConfigError(`the kubeconfig can't be read: ${file}: ${messageOf(error)}`, { cause: error })
  }
  const config = await parse(text, file)
  if (isFields(config)) return config
  throw new KubeConfigError(
    `the kubeconfig can't be read: ${file} holds no mapping; expected \`apiVersion: v1\`, \`kind: Config\` and so on.`,
  )
}

async function parse(text: string, file: string): Promise<unknown> {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    // The usual case: YAML, whose parser is loaded only then.
  }
  const { load } = await import('js-yaml')
  try {
    return load(text)
  } catch (error) {
    // The message quotes the lines around the fault, which may hold a secret.
    const { reason, mark } = error as { reason?: string; mark?: { line?: number } }
    const cause = new SyntaxError(
      `${reason ?? 'no YAML'}${mark?.line === undefined ? '' : `, in line ${mark.line + 1}`}`,
    )
    throw new KubeConfigError(`the kubeconfig can't be read: ${file} is no YAML: ${cause.message}`, { cause })
  }
}

function collect(into: Map<string, Entry>, config: Fields, list: string, kind: string, file: string): void {
  const entries: unknown = config[list] ?? []
  if (!Array.isArray(entries)) {
    throw new KubeConfigError(`the kubeconfig can't be read: ${list} in ${file} is no list.`)
  }
  for (const [index, entry] of entries.entries()) {
    const place = `${list}[${index}] in ${file}`
    if (!isFields(entry)) throw new KubeConfigError(`the kubeconfig can't be read: ${place} is no mapping.`)
    const name = textOf(entry, 'name', place)
    if (name === undefined) throw new KubeConfigError(`the kubeconfig can't be read: ${place} has no name.`)
    const fields = entry[kind] ?? {}
    if (!isFields(fields)) throw new KubeConfigError(`the kubeconfig can't be read: ${place} has no ${kind}.`)
    if (!into.has(name)) into.set(name, { file, origin: `the ${kind} ${JSON.stringify(name)} in ${file}`, fields })
  }
}
