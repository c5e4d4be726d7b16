/**
 * Deliberate mistakes, each a change of the sources that ship: what other implementations do, or what one of us could do
 * tomorrow. The simulation has to notice every one of them.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { IDENTITY } from './mutations/identity.ts'
import { LIVES } from './mutations/lives.ts'
import { PROTOCOL } from './mutations/protocol.ts'
import { TRAFFIC } from './mutations/traffic.ts'
import { TRANSPORT } from './mutations/transport.ts'
import type { ScenarioName } from './scenarios.ts'

export interface Mutation {
  /** What the mistake is. */
  readonly name: string
  readonly edits: readonly Edit[]
  /** Where histories by seed can't show it, or only by chance: what looks for it. */
  readonly scenario?: ScenarioName
}

/** In this file of `src/`, what occurs once, and what takes its place. */
type Edit = readonly [file: string, from: string, to: string]

export const MUTATIONS: readonly Mutation[] = [...PROTOCOL, ...IDENTITY, ...LIVES, ...TRAFFIC, ...TRANSPORT]

const SOURCES = new URL('../../src/', import.meta.url)

/** Lets this thread import the sources with the mutation in them. To be called before they are imported. */
export function mutateSources(name: string): void {
  const mutated = new Map<string, string>()
  for (const [file, from, to] of MUTATIONS.find((each) => each.name === name)!.edits) {
    const url = new URL(file, SOURCES).href
    const source = mutated.get(url) ?? readFileSync(fileURLToPath(url), 'utf8')
    const parts = source.split(from)
    if (parts.length !== 2) throw new Error(`mutation "${name}": ${file} has ${parts.length - 1} places with:\n${from}`)
    mutated.set(url, parts.join(to))
  }
  registerHooks({
    load(url, context, nextLoad) {
      const source = mutated.get(url)
      return source === undefined ? nextLoad(url, context) : { format: 'module-typescript', source, shortCircuit: true }
    },
  })
}
